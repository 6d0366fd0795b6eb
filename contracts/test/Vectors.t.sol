// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {PlainTree} from "./support/PlainTree.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev The tree vectors in Solidity; Python and JavaScript read the same file.
contract VectorsTest is TestBase {
    AnchorRegistry internal registry = new AnchorRegistry();
    string internal json = vm.readFile("../tests/vectors/trees.json");

    function numbers(string memory key) internal view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, key);
    }

    function hashes(string memory key) internal view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(json, key);
    }

    /// @dev The path of case `index`: nodes from starts[index] up to starts[index + 1].
    function pathOf(bytes32[] memory paths, uint256[] memory starts, uint256 index)
        internal
        pure
        returns (bytes32[] memory path)
    {
        path = new bytes32[](starts[index + 1] - starts[index]);
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = paths[starts[index] + i];
        }
    }

    function test_Roots() public view {
        bytes32[] memory roots = hashes(".roots");
        bytes32[] memory leaves = new bytes32[](8);
        for (uint256 i = 0; i < 8; ++i) {
            string memory key = string.concat(".leaves[", vm.toString(i), "]");
            leaves[i] = PlainTree.leafHash(vm.parseJsonBytes(json, key));
        }
        checkEq(roots.length, 9, "roots");
        for (uint256 size = 0; size <= 8; ++size) {
            checkEq(PlainTree.root(leaves, size), roots[size], "root");
        }
    }

    function test_Inclusion() public view {
        string[] memory names = vm.parseJsonStringArray(json, ".inclusion.names");
        bool[] memory valid = vm.parseJsonBoolArray(json, ".inclusion.valid");
        bytes32[] memory leaves = hashes(".inclusion.leaf_hash");
        uint256[] memory indexes = numbers(".inclusion.leaf_index");
        uint256[] memory sizes = numbers(".inclusion.tree_size");
        bytes32[] memory roots = hashes(".inclusion.root_hash");
        bytes32[] memory paths = hashes(".inclusion.paths");
        uint256[] memory starts = numbers(".inclusion.path_starts");
        check(names.length > 80, "too few cases");
        for (uint256 i = 0; i < names.length; ++i) {
            bytes32[] memory path = pathOf(paths, starts, i);
            bool found = registry.verifyInclusion(
                leaves[i], uint64(indexes[i]), uint64(sizes[i]), roots[i], path
            );
            check(found == valid[i], names[i]);
        }
    }

    function test_Consistency() public view {
        string[] memory names = vm.parseJsonStringArray(json, ".consistency.names");
        bool[] memory valid = vm.parseJsonBoolArray(json, ".consistency.valid");
        uint256[] memory fromSizes = numbers(".consistency.from_size");
        bytes32[] memory fromRoots = hashes(".consistency.from_root");
        uint256[] memory sizes = numbers(".consistency.tree_size");
        bytes32[] memory roots = hashes(".consistency.root_hash");
        bytes32[] memory paths = hashes(".consistency.paths");
        uint256[] memory starts = numbers(".consistency.path_starts");
        check(names.length > 100, "too few cases");
        for (uint256 i = 0; i < names.length; ++i) {
            bytes32[] memory path = pathOf(paths, starts, i);
            bool found = registry.verifyConsistency(
                uint64(fromSizes[i]), fromRoots[i], uint64(sizes[i]), roots[i], path
            );
            check(found == valid[i], names[i]);
        }
    }
}
