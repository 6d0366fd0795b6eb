// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The plain twin of RFC9162: the standard's recursive definitions, without assembly.
/// @dev MTH, PATH and SUBPROOF of RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, and checks that
/// descend as those do, instead of walking bits as the library does.
library PlainTree {
    /// @dev A proof being read: node `used` is next.
    struct Reader {
        bytes32[] proof;
        uint256 used;
        bool failed;
    }

    function leafHash(bytes memory data) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), data));
    }

    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @dev The largest power of two below n, for n > 1.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    /// @dev MTH of leaves first … last − 1.
    function root(bytes32[] memory leaves, uint256 first, uint256 last)
        internal
        pure
        returns (bytes32)
    {
        if (first == last) return sha256("");
        if (last - first == 1) return leaves[first];
        uint256 middle = first + split(last - first);
        return nodeHash(root(leaves, first, middle), root(leaves, middle, last));
    }

    function root(bytes32[] memory leaves, uint256 size) internal pure returns (bytes32) {
        return root(leaves, 0, size);
    }

    /// @dev PATH(index, D[size]).
    function inclusionPath(bytes32[] memory leaves, uint256 index, uint256 size)
        internal
        pure
        returns (bytes32[] memory path)
    {
        (uint256 first, uint256 last) = (0, size);
        while (last - first > 1) {
            uint256 middle = first + split(last - first);
            if (index < middle) {
                path = prepend(root(leaves, middle, last), path);
                last = middle;
            } else {
                path = prepend(root(leaves, first, middle), path);
                first = middle;
            }
        }
    }

    /// @dev PROOF(fromSize, D[size]), for 0 < fromSize < size.
    function consistencyPath(bytes32[] memory leaves, uint256 fromSize, uint256 size)
        internal
        pure
        returns (bytes32[] memory path)
    {
        (uint256 first, uint256 last) = (0, size);
        while (fromSize != last) {
            uint256 middle = first + split(last - first);
            if (fromSize <= middle) {
                path = prepend(root(leaves, middle, last), path);
                last = middle;
            } else {
                path = prepend(root(leaves, first, middle), path);
                first = middle;
            }
        }
        if (first != 0) path = prepend(root(leaves, first, last), path);
    }

    function verifyInclusion(
        bytes32 leaf,
        uint256 index,
        uint256 size,
        bytes32 rootHash,
        bytes32[] memory proof
    ) internal pure returns (bool) {
        if (index >= size) return false;
        Reader memory reader = Reader(proof, 0, false);
        bytes32 found = rootThrough(leaf, index, size, reader);
        return !reader.failed && reader.used == proof.length && found == rootHash;
    }

    function verifyConsistency(
        uint256 fromSize,
        bytes32 fromRoot,
        uint256 size,
        bytes32 rootHash,
        bytes32[] memory proof
    ) internal pure returns (bool) {
        if (fromSize == 0 || fromSize > size) return false;
        Reader memory reader = Reader(proof, 0, false);
        (bytes32 foundFrom, bytes32 found) = rootsThrough(fromSize, fromRoot, size, true, reader);
        return
            !reader.failed && reader.used == proof.length && foundFrom == fromRoot
                && found == rootHash;
    }

    /// @dev The root of `size` leaves, of which `index` is `leaf` and the rest comes by proof.
    function rootThrough(bytes32 leaf, uint256 index, uint256 size, Reader memory reader)
        internal
        pure
        returns (bytes32)
    {
        if (size == 1) return leaf;
        uint256 k = split(size);
        if (index < k) return nodeHash(rootThrough(leaf, index, k, reader), next(reader));
        bytes32 right = rootThrough(leaf, index - k, size - k, reader);
        return nodeHash(next(reader), right);
    }

    /// @dev The roots of the first `fromSize` and of all `size` leaves; `whole` as SUBPROOF's b.
    function rootsThrough(
        uint256 fromSize,
        bytes32 fromRoot,
        uint256 size,
        bool whole,
        Reader memory reader
    ) internal pure returns (bytes32 from, bytes32 all) {
        if (fromSize == size) {
            from = whole ? fromRoot : next(reader);
            return (from, from);
        }
        uint256 k = split(size);
        if (fromSize <= k) {
            (from, all) = rootsThrough(fromSize, fromRoot, k, whole, reader);
            return (from, nodeHash(all, next(reader)));
        }
        (from, all) = rootsThrough(fromSize - k, fromRoot, size - k, false, reader);
        bytes32 left = next(reader);
        return (nodeHash(left, from), nodeHash(left, all));
    }

    function next(Reader memory reader) internal pure returns (bytes32) {
        if (reader.used == reader.proof.length) {
            reader.failed = true;
            return 0;
        }
        return reader.proof[reader.used++];
    }

    function prepend(bytes32 node, bytes32[] memory path)
        internal
        pure
        returns (bytes32[] memory longer)
    {
        longer = new bytes32[](path.length + 1);
        longer[0] = node;
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i + 1] = path[i];
        }
    }
}
