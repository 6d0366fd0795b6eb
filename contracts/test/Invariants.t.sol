// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {PlainTree} from "./support/PlainTree.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev Drives one log with honest and hostile calls, and remembers every head that it saw. The
/// zero address never calls: no key signs for it.
contract LogDriver is TestBase {
    uint64 internal constant MAX_LEAVES = 200;

    AnchorRegistry public immutable REGISTRY = new AnchorRegistry();
    bytes32 public immutable LOG_ID;
    bytes32[] internal leaves = makeLeaves(MAX_LEAVES, 1);
    uint64[] internal sizes;
    bytes32[] internal roots;
    address internal publisher = PUBLISHER;
    bool internal ended;
    uint256 public broken;

    constructor() {
        vm.prank(OWNER);
        LOG_ID = REGISTRY.openLog(leaves[0], PUBLISHER);
        remember();
    }

    /// @dev The publisher anchors the true next head; it must be taken.
    function grow(uint64 by) external {
        uint64 size = next(by);
        if (size == 0) return;
        (bytes32 root, bytes32[] memory proof) = step(size);
        bool taken = send(PUBLISHER, sizes[sizes.length - 1], size, root, proof);
        if (taken == (ended || publisher == address(0))) ++broken;
    }

    /// @dev Somebody else sends the true next head.
    function usurp(uint64 by, address sender) external {
        uint64 size = next(by);
        if (size == 0 || sender == publisher || sender == address(0)) return;
        (bytes32 root, bytes32[] memory proof) = step(size);
        if (send(sender, sizes[sizes.length - 1], size, root, proof)) ++broken;
    }

    /// @dev The publisher sends a proof or a root with one bit flipped.
    function flip(uint64 by, uint256 where, uint8 bit) external {
        uint64 size = next(by);
        if (size == 0) return;
        (bytes32 root, bytes32[] memory proof) = step(size);
        where = where % (proof.length + 1);
        bytes32 mask = bytes32(uint256(1) << bit);
        if (where == proof.length) root ^= mask;
        else proof[where] ^= mask;
        if (send(PUBLISHER, sizes[sizes.length - 1], size, root, proof)) ++broken;
    }

    /// @dev The publisher sends a proof with a node missing or too many.
    function resize(uint64 by, bool longer) external {
        uint64 size = next(by);
        if (size == 0) return;
        (bytes32 root, bytes32[] memory proof) = step(size);
        bytes32[] memory other = new bytes32[](longer ? proof.length + 1 : proof.length - 1);
        for (uint256 i = 0; i < other.length && i < proof.length; ++i) {
            other[i] = proof[i];
        }
        if (send(PUBLISHER, sizes[sizes.length - 1], size, root, other)) ++broken;
    }

    /// @dev The publisher sends another history of the same length, honestly proven.
    function fork(uint64 by, uint256 seed) external {
        uint64 size = next(by);
        uint64 from = sizes[sizes.length - 1];
        if (size == 0 || seed == 1) return;
        bytes32[] memory other = makeLeaves(size, seed);
        bytes32[] memory proof = PlainTree.consistencyPath(other, from, size);
        if (send(PUBLISHER, from, size, PlainTree.root(other, size), proof)) ++broken;
    }

    /// @dev The publisher starts from an older head.
    function rewind(uint64 by, uint256 which) external {
        uint64 size = next(by);
        uint64 from = sizes[which % sizes.length];
        if (size == 0 || from == sizes[sizes.length - 1]) return;
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, from, size);
        if (send(PUBLISHER, from, size, PlainTree.root(leaves, size), proof)) ++broken;
    }

    /// @dev The owner pauses or resumes.
    function pause(bool paused) external {
        vm.prank(OWNER);
        try REGISTRY.setPublisher(LOG_ID, paused ? address(0) : PUBLISHER) {
            if (ended) ++broken;
            publisher = paused ? address(0) : PUBLISHER;
        } catch {
            if (!ended) ++broken;
        }
    }

    /// @dev The owner seals, seldom.
    function end(uint8 dice) external {
        if (dice > 3) return;
        vm.prank(OWNER);
        try REGISTRY.seal(LOG_ID, bytes32(uint256(1))) {
            if (ended) ++broken;
            ended = true;
        } catch {
            if (!ended) ++broken;
        }
    }

    /// @dev Anybody tries the owner's functions.
    function meddle(address sender, bytes32 value) external {
        if (sender == OWNER || sender == address(0)) return;
        vm.prank(sender);
        try REGISTRY.seal(LOG_ID, value) {
            ++broken;
        } catch {}
        vm.prank(sender);
        try REGISTRY.setPublisher(LOG_ID, sender) {
            ++broken;
        } catch {}
        vm.prank(sender);
        try REGISTRY.acceptOwnership(LOG_ID) {
            ++broken;
        } catch {}
    }

    function isEnded() external view returns (bool) {
        return ended;
    }

    function heads() external view returns (uint64[] memory, bytes32[] memory) {
        return (sizes, roots);
    }

    function leafHashes() external view returns (bytes32[] memory) {
        return leaves;
    }

    function next(uint64 by) internal view returns (uint64 size) {
        size = sizes[sizes.length - 1] + 1 + by % 12;
        if (size > MAX_LEAVES) size = 0;
    }

    function step(uint64 size) internal view returns (bytes32 root, bytes32[] memory proof) {
        root = PlainTree.root(leaves, size);
        proof = PlainTree.consistencyPath(leaves, sizes[sizes.length - 1], size);
    }

    function send(address sender, uint64 from, uint64 size, bytes32 root, bytes32[] memory proof)
        internal
        returns (bool taken)
    {
        vm.prank(sender);
        try REGISTRY.anchor(LOG_ID, from, size, root, proof) {
            taken = true;
            remember();
        } catch {}
    }

    function remember() internal {
        IAnchorRegistry.Log memory log = REGISTRY.head(LOG_ID);
        sizes.push(log.treeSize);
        roots.push(log.rootHash);
    }
}

contract InvariantTest is TestBase {
    LogDriver internal driver;

    function setUp() public {
        driver = new LogDriver();
    }

    /// @dev Forge calls these contracts with random arguments.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(driver);
    }

    function invariant_TreeSizeNeverFalls() external view {
        (uint64[] memory sizes,) = driver.heads();
        for (uint256 i = 1; i < sizes.length; ++i) {
            check(sizes[i] > sizes[i - 1], "a head did not grow");
        }
        checkEq(
            driver.REGISTRY().head(driver.LOG_ID()).treeSize,
            sizes[sizes.length - 1],
            "the head changed outside anchor"
        );
    }

    /// @dev All heads are roots of prefixes of one list, so each extends every earlier one.
    function invariant_EachHeadIsConsistentWithEveryEarlierOne() external view {
        (uint64[] memory sizes, bytes32[] memory roots) = driver.heads();
        bytes32[] memory leaves = driver.leafHashes();
        for (uint256 i = 0; i < sizes.length; ++i) {
            checkEq(roots[i], PlainTree.root(leaves, sizes[i]), "a head of another history");
        }
        uint256 last = sizes.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            bytes32[] memory proof = PlainTree.consistencyPath(leaves, sizes[i], sizes[last]);
            check(
                driver.REGISTRY()
                    .verifyConsistency(sizes[i], roots[i], sizes[last], roots[last], proof),
                "the newest head does not extend an earlier one"
            );
        }
    }

    /// @dev No stranger, broken proof, fork, paused or sealed log was ever served, and no honest
    /// step refused.
    function invariant_OnlyThePublishersTrueHeadsAreTaken() external view {
        checkEq(driver.broken(), 0, "calls that went the wrong way");
    }

    function invariant_SealIsFinal() external view {
        IAnchorRegistry.Log memory log = driver.REGISTRY().head(driver.LOG_ID());
        check(log.isSealed == driver.isEnded(), "the seal came off");
        checkEq(log.owner, OWNER, "owner");
    }
}
