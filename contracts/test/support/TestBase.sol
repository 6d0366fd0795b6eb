// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../../src/IAnchorRegistry.sol";
import {PlainTree} from "./PlainTree.sol";
import {Vm} from "./Vm.sol";

/// @dev What every test contract here needs; no library is installed for it.
abstract contract TestBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address internal constant OWNER = address(0xA11CE);
    address internal constant PUBLISHER = address(0xB0B);
    address internal constant STRANGER = address(0xBAD);

    error CheckFailed(string what);
    error NotEqual(string what, uint256 expected, uint256 got);
    error NotEqualHash(string what, bytes32 expected, bytes32 got);

    function check(bool holds, string memory what) internal pure {
        if (!holds) revert CheckFailed(what);
    }

    function checkEq(uint256 got, uint256 expected, string memory what) internal pure {
        if (got != expected) revert NotEqual(what, expected, got);
    }

    function checkEq(bytes32 got, bytes32 expected, string memory what) internal pure {
        if (got != expected) revert NotEqualHash(what, expected, got);
    }

    function checkEq(address got, address expected, string memory what) internal pure {
        check(got == expected, what);
    }

    /// @dev `count` different leaf hashes, the same ones for the same seed.
    function makeLeaves(uint256 count, uint256 seed) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = PlainTree.leafHash(abi.encode(seed, i));
        }
    }

    /// @dev Where a log's slots begin.
    function slotOf(bytes32 logId) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(logId, uint256(0))));
    }

    function logIdOf(AnchorRegistry registry, address opener, bytes32 genesis)
        internal
        view
        returns (bytes32)
    {
        return sha256(
            bytes.concat(
                "itemproof/log/1\n",
                abi.encode(block.chainid),
                bytes20(address(registry)),
                bytes20(opener),
                genesis
            )
        );
    }

    function headSize(AnchorRegistry registry, bytes32 logId) internal view returns (uint64) {
        return registry.head(logId).treeSize;
    }
}
