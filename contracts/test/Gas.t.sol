// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {PlainTree} from "./support/PlainTree.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev What an anchor costs, as a whole transaction: 21,000, calldata and execution. Forge keeps
/// the figures in snapshots/Anchor.json and every run compares them.
/// forge-config: default.isolate = true
contract GasTest is TestBase {
    AnchorRegistry internal registry = new AnchorRegistry();
    bytes32 internal logId;

    function setUp() public {
        vm.roll(1000);
        vm.warp(1_700_000_000);
        vm.prank(OWNER);
        logId = registry.openLog(keccak256("genesis"), PUBLISHER);
    }

    /// @dev The head becomes what a proof of `nodes` random nodes starts from.
    function gasOf(uint64 fromSize, uint64 size, uint256 nodes) internal returns (uint256 gas) {
        bytes32[] memory proof = makeLeaves(nodes, 3);
        PlainTree.Reader memory reader = PlainTree.Reader(proof, 0, false);
        bytes32 first = keccak256("whole first tree");
        (bytes32 fromRoot, bytes32 root) =
            PlainTree.rootsThrough(fromSize, first, size, true, reader);
        check(!reader.failed && reader.used == nodes, "sizes and number of nodes do not agree");
        uint256 numbers = fromSize | block.number << 64 | block.timestamp << 128;
        vm.store(address(registry), bytes32(slotOf(logId)), fromRoot);
        vm.store(address(registry), bytes32(slotOf(logId) + 1), bytes32(numbers));
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 12);
        vm.prank(PUBLISHER);
        registry.anchor(logId, fromSize, size, root, proof);
        gas = vm.lastCallGas().gasTotalUsed;
        checkEq(headSize(registry, logId), size, "size");
    }

    function snapshot(string memory name, uint256 gas, uint256 limit) internal {
        vm.snapshotValue("Anchor", name, gas);
        check(gas <= limit, string.concat("too dear: ", name));
    }

    function test_GasOfOneNode() public {
        snapshot("01 node", gasOf(1024, 2048, 1), 42_000);
    }

    function test_GasOfElevenNodes() public {
        snapshot("11 nodes, 1000000 to 1000500", gasOf(1_000_000, 1_000_500, 11), 55_000);
    }

    function test_GasOf22Nodes() public {
        snapshot("22 nodes", gasOf(4_176_441, 4_176_941, 22), 75_000);
    }

    function test_GasOf32Nodes() public {
        snapshot("32 nodes", gasOf(1_991_760_771_401, 1_991_760_772_401, 32), 95_000);
    }

    function test_GasOfOpening() public {
        vm.prank(OWNER);
        registry.openLog(keccak256("another"), PUBLISHER);
        snapshot("open a log", vm.lastCallGas().gasTotalUsed, 150_000);
    }
}
