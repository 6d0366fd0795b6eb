// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {RFC9162} from "../src/RFC9162.sol";
import {PlainTree} from "./support/PlainTree.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev One log of 8 leaves: opened by OWNER, anchored by PUBLISHER.
abstract contract OpenedLog is TestBase {
    AnchorRegistry internal registry;
    bytes32[] internal leaves;
    bytes32 internal logId;

    function setUp() public virtual {
        vm.roll(100);
        vm.warp(1_700_000_000);
        registry = new AnchorRegistry();
        leaves = makeLeaves(8, 7);
        vm.prank(OWNER);
        logId = registry.openLog(leaves[0], PUBLISHER);
    }

    function anchorHonestly(uint64 fromSize, uint64 size) internal {
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, fromSize, size);
        bytes32 root = PlainTree.root(leaves, size);
        vm.prank(PUBLISHER);
        registry.anchor(logId, fromSize, size, root, proof);
    }

    /// @dev Anchor 1 → `size` as `sender`, expecting exactly this revert.
    function expectRefusal(address sender, uint64 fromSize, uint64 size, bytes memory reason)
        internal
    {
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, 1, 4);
        bytes32 root = PlainTree.root(leaves, 4);
        vm.prank(sender);
        vm.expectRevert(reason);
        registry.anchor(logId, fromSize, size, root, proof);
    }
}

contract OpenLogTest is OpenedLog {
    function test_LogIdIsSha256OfTheDocumentedPreimage() public view {
        checkEq(logId, logIdOf(registry, OWNER, leaves[0]), "log id");
    }

    function test_OpensAtSizeOne() public view {
        IAnchorRegistry.Log memory log = registry.head(logId);
        checkEq(log.rootHash, leaves[0], "root");
        checkEq(log.treeSize, 1, "size");
        checkEq(log.blockNumber, 100, "block");
        checkEq(log.timestamp, 1_700_000_000, "time");
        checkEq(log.previousBlock, 0, "previous block");
        checkEq(log.publisher, PUBLISHER, "publisher");
        checkEq(log.owner, OWNER, "owner");
        checkEq(log.pendingOwner, address(0), "pending owner");
        checkEq(log.chainId, block.chainid, "chain");
        check(!log.isSealed, "sealed");
        checkEq(log.successor, bytes32(0), "successor");
    }

    function test_UnopenedLogReadsZero() public view {
        IAnchorRegistry.Log memory log = registry.head(keccak256("never opened"));
        IAnchorRegistry.Log memory zero;
        checkEq(keccak256(abi.encode(log)), keccak256(abi.encode(zero)), "unopened log");
    }

    function test_EmitsLogOpened() public {
        bytes32 expected = logIdOf(registry, STRANGER, leaves[1]);
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.LogOpened(expected, STRANGER, PUBLISHER, leaves[1]);
        vm.prank(STRANGER);
        registry.openLog(leaves[1], PUBLISHER);
    }

    function test_AnotherAccountOpensAnotherLogOnTheSameEntry() public {
        vm.prank(STRANGER);
        bytes32 other = registry.openLog(leaves[0], STRANGER);
        check(other != logId, "a stranger must not reach the owner's log");
        checkEq(registry.head(logId).publisher, PUBLISHER, "publisher");
    }

    function test_RevertWhen_OpenedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogIsOpen.selector, logId));
        vm.prank(OWNER);
        registry.openLog(leaves[0], PUBLISHER);
    }

    function test_RevertWhen_OpenedAgainAfterGrowth() public {
        anchorHonestly(1, 5);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogIsOpen.selector, logId));
        vm.prank(OWNER);
        registry.openLog(leaves[0], PUBLISHER);
    }

    function test_RevertWhen_PublisherIsZero() public {
        vm.expectRevert(IAnchorRegistry.PublisherIsZero.selector);
        registry.openLog(leaves[1], address(0));
    }

    function test_ChainIdJustBelowTheLimitOpens() public {
        vm.chainId(2 ** 53 - 1);
        registry.openLog(leaves[1], PUBLISHER);
    }

    function test_RevertWhen_ChainIdIsTooLarge() public {
        vm.chainId(2 ** 53);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.ChainIdTooLarge.selector, uint256(2 ** 53))
        );
        registry.openLog(leaves[1], PUBLISHER);
    }

    function test_RevertWhen_DeployedWhereSha256IsAnotherFunction() public {
        vm.mockCall(address(2), "", abi.encode(bytes32(uint256(1))));
        vm.expectRevert(IAnchorRegistry.Sha256Unavailable.selector);
        new AnchorRegistry();
        vm.clearMockedCalls();
        new AnchorRegistry();
    }
}

contract AnchorTest is OpenedLog {
    function test_AnchorsAndStoresTheHead() public {
        vm.roll(107);
        vm.warp(1_700_000_099);
        anchorHonestly(1, 4);
        IAnchorRegistry.Log memory log = registry.head(logId);
        checkEq(log.rootHash, PlainTree.root(leaves, 4), "root");
        checkEq(log.treeSize, 4, "size");
        checkEq(log.blockNumber, 107, "block");
        checkEq(log.timestamp, 1_700_000_099, "time");
        checkEq(log.previousBlock, 100, "previous block");
        checkEq(log.publisher, PUBLISHER, "publisher");
        checkEq(log.owner, OWNER, "owner");
    }

    function test_EmitsCheckpointAnchored() public {
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, 1, 4);
        bytes32 root = PlainTree.root(leaves, 4);
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.CheckpointAnchored(logId, 4, root, 1, 100);
        vm.prank(PUBLISHER);
        registry.anchor(logId, 1, 4, root, proof);
    }

    function test_AnchorsEveryStep() public {
        for (uint64 size = 2; size <= 8; ++size) {
            anchorHonestly(size - 1, size);
        }
        checkEq(headSize(registry, logId), 8, "size");
    }

    function test_IsIncludedFollowsTheHead() public {
        anchorHonestly(1, 7);
        for (uint64 i = 0; i < 7; ++i) {
            bytes32[] memory path = PlainTree.inclusionPath(leaves, i, 7);
            check(registry.isIncluded(logId, leaves[i], i, path), "leaf in the head");
            check(!registry.isIncluded(logId, leaves[i], i + 1, path), "another index");
            check(!registry.isIncluded(logId, leaves[7], i, path), "another leaf");
        }
        check(!registry.isIncluded(bytes32(0), leaves[0], 0, new bytes32[](0)), "unopened log");
    }

    function test_RevertWhen_NotPublisher() public {
        expectRefusal(
            STRANGER,
            1,
            4,
            abi.encodeWithSelector(IAnchorRegistry.NotPublisher.selector, logId, STRANGER)
        );
        expectRefusal(
            OWNER, 1, 4, abi.encodeWithSelector(IAnchorRegistry.NotPublisher.selector, logId, OWNER)
        );
    }

    function test_RevertWhen_LogIsUnopened() public {
        bytes32 unopened = keccak256("never opened");
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotPublisher.selector, unopened, PUBLISHER)
        );
        vm.prank(PUBLISHER);
        registry.anchor(unopened, 0, 1, leaves[0], new bytes32[](0));
    }

    function test_RevertWhen_WrongChain() public {
        uint256 home = block.chainid;
        vm.chainId(home + 1);
        expectRefusal(
            PUBLISHER,
            1,
            4,
            abi.encodeWithSelector(IAnchorRegistry.WrongChain.selector, home, home + 1)
        );
    }

    function test_RevertWhen_HeadMoved() public {
        anchorHonestly(1, 3);
        bytes32 root = PlainTree.root(leaves, 3);
        expectRefusal(
            PUBLISHER,
            1,
            4,
            abi.encodeWithSelector(IAnchorRegistry.HeadMoved.selector, uint64(3), root)
        );
    }

    function test_HeadMovedNamesOurOwnHeadWhenSentTwice() public {
        anchorHonestly(1, 4);
        bytes32 root = PlainTree.root(leaves, 4);
        expectRefusal(
            PUBLISHER,
            1,
            4,
            abi.encodeWithSelector(IAnchorRegistry.HeadMoved.selector, uint64(4), root)
        );
    }

    function test_RevertWhen_SizeDoesNotGrow() public {
        anchorHonestly(1, 4);
        expectRefusal(
            PUBLISHER,
            4,
            4,
            abi.encodeWithSelector(IAnchorRegistry.BadSize.selector, uint64(4), uint64(4))
        );
        expectRefusal(
            PUBLISHER,
            4,
            3,
            abi.encodeWithSelector(IAnchorRegistry.BadSize.selector, uint64(4), uint64(3))
        );
    }

    function test_RevertWhen_SizeIsTooLarge() public {
        uint64 limit = 2 ** 53;
        expectRefusal(
            PUBLISHER,
            1,
            limit,
            abi.encodeWithSelector(IAnchorRegistry.BadSize.selector, uint64(1), limit)
        );
        // One less is a size like any other, and only its proof is wrong.
        expectRefusal(
            PUBLISHER,
            1,
            limit - 1,
            abi.encodeWithSelector(
                IAnchorRegistry.Inconsistent.selector,
                uint64(1),
                limit - 1,
                PlainTree.root(leaves, 4)
            )
        );
    }

    function test_RevertWhen_Inconsistent() public {
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, 1, 4);
        bytes32 forged = keccak256("another history");
        vm.expectRevert(
            abi.encodeWithSelector(
                IAnchorRegistry.Inconsistent.selector, uint64(1), uint64(4), forged
            )
        );
        vm.prank(PUBLISHER);
        registry.anchor(logId, 1, 4, forged, proof);
    }

    function test_ChecksComeInTheDocumentedOrder() public {
        uint256 home = block.chainid;
        vm.prank(OWNER);
        registry.seal(logId, 0);
        vm.chainId(home + 1);
        // Everything is wrong; undo one cause at a time.
        bytes4 notPublisher = IAnchorRegistry.NotPublisher.selector;
        expectRefusal(STRANGER, 9, 9, abi.encodeWithSelector(notPublisher, logId, STRANGER));
        bytes4 wrongChain = IAnchorRegistry.WrongChain.selector;
        expectRefusal(PUBLISHER, 9, 9, abi.encodeWithSelector(wrongChain, home, home + 1));
        vm.chainId(home);
        bytes4 isSealed = IAnchorRegistry.LogIsSealed.selector;
        expectRefusal(PUBLISHER, 9, 9, abi.encodeWithSelector(isSealed, logId));
        setUp();
        bytes4 moved = IAnchorRegistry.HeadMoved.selector;
        expectRefusal(PUBLISHER, 9, 9, abi.encodeWithSelector(moved, uint64(1), leaves[0]));
        bytes4 badSize = IAnchorRegistry.BadSize.selector;
        expectRefusal(PUBLISHER, 1, 1, abi.encodeWithSelector(badSize, uint64(1), uint64(1)));
        bytes4 inconsistent = IAnchorRegistry.Inconsistent.selector;
        bytes32 root = PlainTree.root(leaves, 4);
        expectRefusal(
            PUBLISHER, 1, 8, abi.encodeWithSelector(inconsistent, uint64(1), uint64(8), root)
        );
    }

    function test_RevertWhen_Sha256Fails() public {
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, 1, 4);
        bytes32 root = PlainTree.root(leaves, 4);
        bytes[2] memory answers = [bytes(""), abi.encode(root)];
        for (uint256 i = 0; i < answers.length; ++i) {
            vm.mockCallRevert(address(2), "", answers[i]);
            vm.expectRevert(RFC9162.Sha256Failed.selector);
            vm.prank(PUBLISHER);
            registry.anchor(logId, 1, 4, root, proof);
            vm.clearMockedCalls();
        }
        vm.prank(PUBLISHER);
        registry.anchor(logId, 1, 4, root, proof);
    }

    function test_RevertWhen_Sha256AnswersShort() public {
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, 1, 4);
        bytes32 root = PlainTree.root(leaves, 4);
        vm.mockCall(address(2), "", hex"00112233");
        vm.expectRevert(RFC9162.Sha256Failed.selector);
        vm.prank(PUBLISHER);
        registry.anchor(logId, 1, 4, root, proof);
    }
}
