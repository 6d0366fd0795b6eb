// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../../src/IAnchorRegistry.sol";
import {PlainTree} from "./PlainTree.sol";
import {TestBase} from "./TestBase.sol";
import {Vm} from "./Vm.sol";

/// @dev Drives one log with honest and hostile calls, beside a second one that nobody touches,
/// and remembers every head, event and account that it saw. The zero address never calls: no key
/// signs for it. `broken` counts calls that went the wrong way.
contract LogDriver is TestBase {
    uint64 internal constant MAX_LEAVES = 200;
    address internal constant HEIR = address(0xCA1);
    bytes32 internal constant ANCHORED =
        keccak256("CheckpointAnchored(bytes32,uint64,bytes32,uint64,uint64)");

    /// @dev What an event said, and the block that it was in.
    struct Step {
        uint64 fromSize;
        uint64 treeSize;
        bytes32 rootHash;
        uint64 previousBlock;
        uint64 blockNumber;
    }

    AnchorRegistry public immutable REGISTRY = new AnchorRegistry();
    bytes32 public immutable LOG_ID;
    bytes32 public immutable OTHER_ID;
    bytes32 public immutable OTHER_HEAD;
    uint64 public immutable OPENED_AT = uint64(block.number);

    bytes32[] internal leaves = makeLeaves(MAX_LEAVES, 1);
    bytes32[] internal rootAt;
    uint64[] internal sizes;
    bytes32[] internal roots;
    mapping(uint64 treeSize => Step step) internal steps;
    uint256 public broken;
    uint256 public strayWrites;

    // What head() has to say of the accounts.
    address public publisher = PUBLISHER;
    address public owner = OWNER;
    address public pendingOwner;
    bool public ended;
    bytes32 public successor;

    constructor() {
        for (uint256 size = 0; size <= MAX_LEAVES; ++size) {
            rootAt.push(PlainTree.root(leaves, size));
        }
        vm.prank(OWNER);
        LOG_ID = REGISTRY.openLog(leaves[0], PUBLISHER);
        vm.prank(STRANGER);
        OTHER_ID = REGISTRY.openLog(leaves[0], PUBLISHER);
        OTHER_HEAD = keccak256(abi.encode(REGISTRY.head(OTHER_ID)));
        remember();
    }

    /// @dev Time passes, or does not: two heads may share a block.
    function pass(uint8 blocks, uint16 more) external {
        vm.roll(block.number + blocks % 4);
        vm.warp(block.timestamp + more);
    }

    /// @dev The publisher anchors the true next head; it must be taken.
    function grow(uint64 by) external {
        uint64 size = next(by);
        if (size == 0) return;
        (bytes32 root, bytes32[] memory proof) = extension(size);
        bool taken = send(PUBLISHER, sizes[sizes.length - 1], size, root, proof);
        if (taken == (ended || publisher == address(0))) ++broken;
    }

    /// @dev Somebody else sends the true next head.
    function usurp(uint64 by, address sender) external {
        uint64 size = next(by);
        if (size == 0 || sender == publisher || sender == address(0)) return;
        (bytes32 root, bytes32[] memory proof) = extension(size);
        if (send(sender, sizes[sizes.length - 1], size, root, proof)) ++broken;
    }

    /// @dev The publisher sends the true next head on a fork of the chain.
    function elsewhere(uint64 by, uint32 chain) external {
        uint64 size = next(by);
        uint256 here = block.chainid;
        if (size == 0 || chain == here || chain == 0) return;
        (bytes32 root, bytes32[] memory proof) = extension(size);
        vm.chainId(chain);
        if (send(PUBLISHER, sizes[sizes.length - 1], size, root, proof)) ++broken;
        vm.chainId(here);
    }

    /// @dev The publisher sends a proof or a root with one bit flipped.
    function flip(uint64 by, uint256 where, uint8 bit) external {
        uint64 size = next(by);
        if (size == 0) return;
        (bytes32 root, bytes32[] memory proof) = extension(size);
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
        (bytes32 root, bytes32[] memory proof) = extension(size);
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
        if (send(PUBLISHER, from, size, rootAt[size], proof)) ++broken;
    }

    /// @dev The publisher anchors an older head again, or the newest one: the log must not shrink.
    function truncate(uint256 which) external {
        uint64 from = sizes[sizes.length - 1];
        uint64 size = sizes[which % sizes.length];
        if (send(PUBLISHER, from, size, rootAt[size], new bytes32[](0))) ++broken;
    }

    /// @dev The owner pauses or resumes.
    function pause(bool paused) external {
        address named = paused ? address(0) : PUBLISHER;
        vm.prank(owner);
        try REGISTRY.setPublisher(LOG_ID, named) {
            if (ended) ++broken;
            publisher = named;
        } catch {
            if (!ended) ++broken;
        }
    }

    /// @dev The owner offers the log to somebody, or takes the offer back.
    function offer(uint8 dice) external {
        address[4] memory to = [address(0), OWNER, HEIR, STRANGER];
        vm.prank(owner);
        try REGISTRY.transferOwnership(LOG_ID, to[dice % 4]) {
            pendingOwner = to[dice % 4];
        } catch {
            ++broken;
        }
    }

    /// @dev Whoever it was offered to accepts it.
    function accept() external {
        if (pendingOwner == address(0)) return;
        vm.prank(pendingOwner);
        try REGISTRY.acceptOwnership(LOG_ID) {
            (owner, pendingOwner) = (pendingOwner, address(0));
        } catch {
            ++broken;
        }
    }

    /// @dev The owner seals, seldom.
    function end(uint8 dice, bytes32 named) external {
        if (dice > 3) return;
        vm.prank(owner);
        try REGISTRY.seal(LOG_ID, named) {
            if (ended) ++broken;
            (ended, successor) = (true, named);
        } catch {
            if (!ended) ++broken;
        }
    }

    /// @dev Anybody tries the owner's functions.
    function meddle(address sender, bytes32 value) external {
        if (sender == owner || sender == pendingOwner || sender == address(0)) return;
        vm.prank(sender);
        try REGISTRY.seal(LOG_ID, value) {
            ++broken;
        } catch {}
        vm.prank(sender);
        try REGISTRY.setPublisher(LOG_ID, sender) {
            ++broken;
        } catch {}
        vm.prank(sender);
        try REGISTRY.transferOwnership(LOG_ID, sender) {
            ++broken;
        } catch {}
        vm.prank(sender);
        try REGISTRY.acceptOwnership(LOG_ID) {
            ++broken;
        } catch {}
    }

    function heads() external view returns (uint64[] memory, bytes32[] memory) {
        return (sizes, roots);
    }

    function rootOf(uint64 size) external view returns (bytes32) {
        return rootAt[size];
    }

    function leafHashes() external view returns (bytes32[] memory) {
        return leaves;
    }

    function stepTo(uint64 treeSize) external view returns (Step memory) {
        return steps[treeSize];
    }

    function next(uint64 by) internal view returns (uint64 size) {
        size = sizes[sizes.length - 1] + 1 + by % 12;
        if (size > MAX_LEAVES) size = 0;
    }

    function extension(uint64 size) internal view returns (bytes32, bytes32[] memory) {
        return (rootAt[size], PlainTree.consistencyPath(leaves, sizes[sizes.length - 1], size));
    }

    function send(address sender, uint64 from, uint64 size, bytes32 root, bytes32[] memory proof)
        internal
        returns (bool taken)
    {
        vm.recordLogs();
        vm.record();
        vm.prank(sender);
        try REGISTRY.anchor(LOG_ID, from, size, root, proof) {
            taken = true;
            countWrites();
            remember();
        } catch {
            if (vm.getRecordedLogs().length != 0) ++broken;
        }
    }

    /// @dev Slots 0 and 1 of this log, which it has had from the beginning, and nothing else.
    function countWrites() internal {
        (, bytes32[] memory writes) = vm.accesses(address(REGISTRY));
        uint256 first = slotOf(LOG_ID);
        for (uint256 i = 0; i < writes.length; ++i) {
            if (uint256(writes[i]) != first && uint256(writes[i]) != first + 1) ++strayWrites;
        }
    }

    /// @dev Keep the newest head, and what the event said of it if there was one.
    function remember() internal {
        IAnchorRegistry.Log memory log = REGISTRY.head(LOG_ID);
        sizes.push(log.treeSize);
        roots.push(log.rootHash);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (sizes.length == 1) return;
        if (logs.length != 1 || logs[0].topics[0] != ANCHORED || logs[0].topics[1] != LOG_ID) {
            ++broken;
            return;
        }
        uint64 size = uint64(uint256(logs[0].topics[2]));
        (bytes32 root, uint64 from, uint64 previous) =
            abi.decode(logs[0].data, (bytes32, uint64, uint64));
        steps[size] = Step(from, size, root, previous, uint64(block.number));
    }
}
