// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../../src/IAnchorRegistry.sol";

/// @dev Asks a registry about many proofs in one call; `make attack` compares its answers with
/// those of Python and JavaScript.
contract ProofJudge {
    /// @param registry The registry whose views are asked.
    /// @param cases For each proof, low bits first: leaf index or first size (64), tree size
    /// (64), place of its words (32), nodes of its path (16), 1 for consistency (1).
    /// @param words For each proof: leaf hash or first root, root hash, path.
    /// @return verdicts One byte for each proof: 1 if it holds.
    function judge(IAnchorRegistry registry, uint256[] calldata cases, bytes32[] calldata words)
        external
        view
        returns (bytes memory verdicts)
    {
        verdicts = new bytes(cases.length);
        for (uint256 i = 0; i < cases.length; ++i) {
            if (holds(registry, cases[i], words)) verdicts[i] = 0x01;
        }
    }

    function holds(IAnchorRegistry registry, uint256 one, bytes32[] calldata words)
        internal
        view
        returns (bool)
    {
        uint256 start = uint32(one >> 128);
        bytes32[] calldata path = words[start + 2:start + 2 + uint16(one >> 160)];
        (uint64 first, uint64 size) = (uint64(one), uint64(one >> 64));
        if (one >> 176 == 0) {
            return registry.verifyInclusion(words[start], first, size, words[start + 1], path);
        }
        return registry.verifyConsistency(first, words[start], size, words[start + 1], path);
    }
}
