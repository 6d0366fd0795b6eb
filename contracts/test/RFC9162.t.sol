// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {PlainTree} from "./support/PlainTree.sol";
import {TestBase} from "./support/TestBase.sol";

/// @dev The library, through the registry's views, against the plain twin.
contract RFC9162Test is TestBase {
    uint256 internal constant MAX_LEAVES = 40;

    AnchorRegistry internal registry = new AnchorRegistry();

    function consistent(
        uint64 fromSize,
        bytes32 fromRoot,
        uint64 size,
        bytes32 root,
        bytes32[] memory proof
    ) internal view returns (bool holds) {
        holds = registry.verifyConsistency(fromSize, fromRoot, size, root, proof);
        bool twin = PlainTree.verifyConsistency(fromSize, fromRoot, size, root, proof);
        check(holds == twin, "library and twin disagree on consistency");
    }

    function included(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] memory proof)
        internal
        view
        returns (bool holds)
    {
        holds = registry.verifyInclusion(leaf, index, size, root, proof);
        bool twin = PlainTree.verifyInclusion(leaf, index, size, root, proof);
        check(holds == twin, "library and twin disagree on inclusion");
    }

    function copy(bytes32[] memory path) internal pure returns (bytes32[] memory same) {
        same = new bytes32[](path.length);
        for (uint256 i = 0; i < path.length; ++i) {
            same[i] = path[i];
        }
    }

    /// @dev The path without node `index`.
    function without(bytes32[] memory path, uint256 index)
        internal
        pure
        returns (bytes32[] memory shorter)
    {
        shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = path[i < index ? i : i + 1];
        }
    }

    /// @dev The path with `node` put before position `index`.
    function withExtra(bytes32[] memory path, uint256 index, bytes32 node)
        internal
        pure
        returns (bytes32[] memory longer)
    {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < longer.length; ++i) {
            longer[i] = i < index ? path[i] : i == index ? node : path[i - 1];
        }
    }

    function testFuzz_ConsistencyOfHonestTrees(uint256 seed, uint64 fromSize, uint64 size)
        public
        view
    {
        size = 1 + size % uint64(MAX_LEAVES);
        fromSize = 1 + fromSize % size;
        bytes32[] memory leaves = makeLeaves(size, seed);
        bytes32 fromRoot = PlainTree.root(leaves, fromSize);
        bytes32 root = PlainTree.root(leaves, size);
        bytes32[] memory proof =
            fromSize == size ? new bytes32[](0) : PlainTree.consistencyPath(leaves, fromSize, size);
        check(consistent(fromSize, fromRoot, size, root, proof), "honest proof refused");
    }

    function testFuzz_BrokenConsistencyIsRefused(
        uint256 seed,
        uint64 fromSize,
        uint64 size,
        uint256 node,
        uint8 bit
    ) public view {
        size = 2 + size % uint64(MAX_LEAVES);
        fromSize = 1 + fromSize % (size - 1);
        bytes32[] memory leaves = makeLeaves(size, seed);
        bytes32 fromRoot = PlainTree.root(leaves, fromSize);
        bytes32 root = PlainTree.root(leaves, size);
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, fromSize, size);
        bytes32 mask = bytes32(uint256(1) << bit);
        node = node % proof.length;

        bytes32[] memory flipped = copy(proof);
        flipped[node] ^= mask;
        check(!consistent(fromSize, fromRoot, size, root, flipped), "flipped bit");
        check(!consistent(fromSize, fromRoot ^ mask, size, root, proof), "flipped first root");
        check(!consistent(fromSize, fromRoot, size, root ^ mask, proof), "flipped second root");
        check(!consistent(fromSize, fromRoot, size, root, without(proof, node)), "missing node");
        for (uint256 position = 0; position <= proof.length; ++position) {
            bytes32[] memory longer = withExtra(proof, position, proof[node]);
            check(!consistent(fromSize, fromRoot, size, root, longer), "extra node");
        }
        check(!consistent(0, fromRoot, size, root, proof), "from nothing");
    }

    function testFuzz_InclusionOfHonestTrees(uint256 seed, uint64 index, uint64 size) public view {
        size = 1 + size % uint64(MAX_LEAVES);
        index = index % size;
        bytes32[] memory leaves = makeLeaves(size, seed);
        bytes32[] memory path = PlainTree.inclusionPath(leaves, index, size);
        bytes32 root = PlainTree.root(leaves, size);
        check(included(leaves[index], index, size, root, path), "honest path refused");
    }

    function testFuzz_BrokenInclusionIsRefused(
        uint256 seed,
        uint64 index,
        uint64 size,
        uint256 node,
        uint8 bit
    ) public view {
        size = 2 + size % uint64(MAX_LEAVES);
        index = index % size;
        bytes32[] memory leaves = makeLeaves(size, seed);
        bytes32 leaf = leaves[index];
        bytes32[] memory path = PlainTree.inclusionPath(leaves, index, size);
        bytes32 root = PlainTree.root(leaves, size);
        bytes32 mask = bytes32(uint256(1) << bit);
        node = node % path.length;

        bytes32[] memory flipped = copy(path);
        flipped[node] ^= mask;
        check(!included(leaf, index, size, root, flipped), "flipped bit");
        check(!included(leaf ^ mask, index, size, root, path), "flipped leaf");
        check(!included(leaf, index, size, root ^ mask, path), "flipped root");
        check(!included(leaf, index, size, root, without(path, node)), "missing node");
        for (uint256 position = 0; position <= path.length; ++position) {
            check(!included(leaf, index, size, root, withExtra(path, position, leaf)), "extra node");
        }
        check(!included(leaf, size, size, root, path), "index outside the tree");
    }

    /// @dev An inner node is no leaf: leaves and nodes are tagged apart.
    function testFuzz_InnerNodeIsNoLeaf(uint256 seed) public view {
        bytes32[] memory leaves = makeLeaves(4, seed);
        bytes32 root = PlainTree.root(leaves, 4);
        bytes32 left = PlainTree.nodeHash(leaves[0], leaves[1]);
        bytes32[] memory path = new bytes32[](1);
        path[0] = PlainTree.nodeHash(leaves[2], leaves[3]);
        // Under a size of 2 the path fits: so a size is never taken from a prover.
        check(included(left, 0, 2, root, path), "dishonest size");
        check(!included(left, 0, 4, root, path), "inner node as leaf");
        check(
            !included(PlainTree.leafHash(abi.encodePacked(leaves[0], leaves[1])), 0, 2, root, path),
            "preimage of an inner node as an entry"
        );
    }

    /// @dev Whatever sizes are claimed, library and twin give one answer.
    function testFuzz_DishonestSizes(
        uint256 seed,
        uint64 fromSize,
        uint64 size,
        uint64 claimedFrom,
        uint64 claimed
    ) public view {
        size = 2 + size % 20;
        fromSize = 1 + fromSize % (size - 1);
        claimed = claimed % 48;
        claimedFrom = claimedFrom % 24;
        bytes32[] memory leaves = makeLeaves(size, seed);
        bytes32 fromRoot = PlainTree.root(leaves, fromSize);
        bytes32 root = PlainTree.root(leaves, size);
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, fromSize, size);
        consistent(claimedFrom, fromRoot, claimed, root, proof);
        bytes32[] memory path = PlainTree.inclusionPath(leaves, fromSize - 1, size);
        included(leaves[fromSize - 1], claimedFrom, claimed, root, path);
    }

    /// @dev The largest sizes end in time and agree too, with proofs made of noise.
    function testFuzz_HugeSizes(uint64 fromSize, uint64 size, bytes32[] memory proof) public view {
        bytes32 root = keccak256(abi.encode(proof));
        consistent(fromSize, root, size, root, proof);
        included(root, fromSize, size, root, proof);
        included(root, type(uint64).max - 1, type(uint64).max, root, proof);
        consistent(fromSize, root, type(uint64).max, root, proof);
    }

    function test_ProofDoesNotProveSize() public view {
        bytes32[] memory leaves = makeLeaves(3, 0);
        bytes32 fromRoot = PlainTree.root(leaves, 2);
        bytes32 root = PlainTree.root(leaves, 3);
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, 2, 3);
        check(consistent(2, fromRoot, 3, root, proof), "2 to 3");
        check(consistent(2, fromRoot, 4, root, proof), "2 to 4: the proof says nothing of size");
        check(!consistent(2, fromRoot, 5, root, proof), "2 to 5");
    }

    /// @dev A path that is too long, towards a root that is made to fit it.
    function testFuzz_LongerPathToAFittingRootIsRefused(uint256 seed, uint64 index, uint64 size)
        public
        view
    {
        size = 1 + size % uint64(MAX_LEAVES);
        index = index % size;
        bytes32[] memory leaves = makeLeaves(size, seed);
        bytes32 leaf = leaves[index];
        bytes32 extra = keccak256("extra");
        bytes32[] memory path = PlainTree.inclusionPath(leaves, index, size);
        bytes32 root = PlainTree.root(leaves, size);
        path = withExtra(path, path.length, extra);
        check(!included(leaf, index, size, PlainTree.nodeHash(extra, root), path), "left");
        check(!included(leaf, index, size, PlainTree.nodeHash(root, extra), path), "right");
        if (index == 0) return;
        bytes32 fromRoot = PlainTree.root(leaves, index);
        bytes32[] memory proof = PlainTree.consistencyPath(leaves, index, size);
        proof = withExtra(proof, proof.length, extra);
        bytes32 longerFrom = PlainTree.nodeHash(extra, fromRoot);
        bytes32 longer = PlainTree.nodeHash(extra, root);
        check(!consistent(index, longerFrom, size, longer, proof), "left of both");
        check(!consistent(index, fromRoot, size, longer, proof), "left of the second");
        longer = PlainTree.nodeHash(root, extra);
        check(!consistent(index, fromRoot, size, longer, proof), "right of the second");
    }

    function test_EmptyProofIsRefusedAndNothingIsReadFromIt() public view {
        bytes32[] memory leaves = makeLeaves(5, 0);
        bytes32 root = PlainTree.root(leaves, 5);
        for (uint64 from = 1; from < 5; ++from) {
            bytes32 fromRoot = PlainTree.root(leaves, from);
            check(!consistent(from, fromRoot, 5, root, new bytes32[](0)), "empty proof");
        }
    }

    function test_SameSizeNeedsSameRootAndNoProof() public view {
        bytes32 root = keccak256("root");
        check(consistent(5, root, 5, root, new bytes32[](0)), "equal heads");
        check(!consistent(5, root, 5, ~root, new bytes32[](0)), "other root");
        check(!consistent(5, root, 5, root, new bytes32[](1)), "needless node");
        check(!consistent(6, root, 5, root, new bytes32[](0)), "shrinking");
        check(!consistent(0, root, 0, root, new bytes32[](0)), "empty trees");
    }
}
