// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {LogDriver} from "./support/LogDriver.sol";
import {PlainTree} from "./support/PlainTree.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev What holds of a log after any calls in any order. `npm run invariants` makes more than
/// 100,000 calls for each of them; `npm test` a few hundred.
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

    /// @dev At the end of each run, every pair of heads.
    function afterInvariant() external view {
        (uint64[] memory sizes,) = driver.heads();
        for (uint256 i = 0; i < sizes.length; ++i) {
            for (uint256 later = i + 1; later < sizes.length; ++later) {
                consistent(i, later);
            }
        }
    }

    function invariant_TreeSizeNeverFalls() external view {
        (uint64[] memory sizes,) = driver.heads();
        for (uint256 i = 1; i < sizes.length; ++i) {
            check(sizes[i] > sizes[i - 1], "a head did not grow");
        }
        checkEq(log().treeSize, sizes[sizes.length - 1], "the head changed outside anchor");
    }

    /// @dev All heads are roots of prefixes of one list, so each extends every earlier one; shown
    /// for the newest and the first after every call, and for all pairs at the end of a run.
    function invariant_EachHeadIsConsistentWithEveryEarlierOne() external view {
        (uint64[] memory sizes, bytes32[] memory roots) = driver.heads();
        for (uint256 i = 0; i < sizes.length; ++i) {
            checkEq(roots[i], driver.rootOf(sizes[i]), "a head of another history");
        }
        if (sizes.length > 1) consistent(0, sizes.length - 1);
    }

    /// @dev No stranger, broken proof, fork, older head, other chain, paused or sealed log was
    /// ever served, and no honest step refused.
    function invariant_OnlyThePublishersTrueHeadsAreTaken() external view {
        checkEq(driver.broken(), 0, "calls that went the wrong way");
    }

    function invariant_SealIsFinal() external view {
        check(log().isSealed == driver.ended(), "the seal came off");
        checkEq(log().successor, driver.successor(), "another successor");
    }

    /// @dev Ownership moves by an offer and its acceptance only, and only owners name a publisher.
    function invariant_AccountsAreWhomTheOwnerNamed() external view {
        checkEq(log().owner, driver.owner(), "owner");
        checkEq(log().pendingOwner, driver.pendingOwner(), "pending owner");
        checkEq(log().publisher, driver.publisher(), "publisher");
        checkEq(log().chainId, block.chainid, "chain id");
    }

    /// @dev The events lead from the head back to the opening, by size and by block, each with
    /// the root that was stored.
    function invariant_HistoryWalksBackToTheOpening() external view {
        (uint64[] memory sizes, bytes32[] memory roots) = driver.heads();
        IAnchorRegistry.Log memory found = log();
        (uint64 size, uint64 number, uint64 previous) =
            (found.treeSize, found.blockNumber, found.previousBlock);
        for (uint256 i = sizes.length - 1; i > 0; --i) {
            LogDriver.Step memory step = driver.stepTo(size);
            checkEq(step.rootHash, roots[i], "an event of another root");
            checkEq(step.blockNumber, number, "a block without its event");
            checkEq(step.previousBlock, previous, "another previous block than the head's");
            (size, number) = (step.fromSize, previous);
            previous = driver.stepTo(size).previousBlock;
        }
        checkEq(size, 1, "the history does not begin with one entry");
        checkEq(number, driver.OPENED_AT(), "the history does not begin at the opening");
        checkEq(previous, 0, "something before the opening");
    }

    /// @dev An anchor overwrites two slots; none is allocated, for this log or beside the logs.
    function invariant_AnAnchorWritesItsTwoSlotsOnly() external view {
        checkEq(driver.strayWrites(), 0, "slots written beside the head's");
        uint256 first = slotOf(driver.LOG_ID());
        address registry = address(driver.REGISTRY());
        for (uint256 i = 0; i < 4; ++i) {
            checkEq(uint256(vm.load(registry, bytes32(first + 6 + i))), 0, "a slot after the log");
            checkEq(uint256(vm.load(registry, bytes32(i))), 0, "a slot of the contract");
        }
    }

    function invariant_AnotherLogStandsStill() external view {
        bytes32 found = keccak256(abi.encode(driver.REGISTRY().head(driver.OTHER_ID())));
        checkEq(found, driver.OTHER_HEAD(), "a log changed that nobody called");
    }

    function log() internal view returns (IAnchorRegistry.Log memory) {
        return driver.REGISTRY().head(driver.LOG_ID());
    }

    function consistent(uint256 earlier, uint256 later) internal view {
        (uint64[] memory sizes, bytes32[] memory roots) = driver.heads();
        bytes32[] memory proof =
            PlainTree.consistencyPath(driver.leafHashes(), sizes[earlier], sizes[later]);
        check(
            driver.REGISTRY()
                .verifyConsistency(
                    sizes[earlier], roots[earlier], sizes[later], roots[later], proof
                ),
            "a head does not extend an earlier one"
        );
    }
}
