// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OpenedLog} from "./AnchorRegistry.t.sol";

/// @dev What verifiers read by storage proof, and the code that they pin.
contract LayoutTest is OpenedLog {
    string internal constant ARTIFACT = "../traceability/chain/abi/AnchorRegistry.json";

    function slot(uint256 offset) internal view returns (uint256) {
        return uint256(vm.load(address(registry), bytes32(slotOf(logId) + offset)));
    }

    function test_SlotsAreWhereVerifiersReadThem() public {
        vm.roll(0x1111111111111111);
        vm.warp(0x2222222222222222);
        anchorHonestly(1, 5);
        vm.prank(OWNER);
        registry.transferOwnership(logId, STRANGER);
        uint256 accounts = uint256(uint160(PUBLISHER)) | block.chainid << 160;
        uint256 numbers = 5 | uint256(0x1111111111111111) << 64;
        numbers |= uint256(0x2222222222222222) << 128 | uint256(100) << 192;
        checkEq(bytes32(slot(0)), registry.head(logId).rootHash, "slot 0: root");
        checkEq(slot(1), numbers, "slot 1: size, block, time, previous block");
        checkEq(slot(2), accounts, "slot 2: publisher, chain id, not sealed");
        checkEq(slot(3), uint256(uint160(OWNER)), "slot 3: owner");
        checkEq(slot(4), uint256(uint160(STRANGER)), "slot 4: pending owner");
        checkEq(slot(5), 0, "slot 5: no successor");
        vm.prank(OWNER);
        registry.seal(logId, keccak256("successor"));
        checkEq(slot(2), accounts | uint256(1) << 224, "slot 2: sealed");
        checkEq(bytes32(slot(5)), keccak256("successor"), "slot 5: successor");
        checkEq(slot(6), 0, "slot 6: unused");
    }

    function test_NothingElseIsStored() public view {
        for (uint256 i = 0; i < 16; ++i) {
            checkEq(uint256(vm.load(address(registry), bytes32(i))), 0, "contract slot");
        }
    }

    /// @dev The pinned hash changes only with an ADR and a new deployment everywhere.
    function test_CodeHashIsPinned() public view {
        bytes32 pinned = 0xf4a022484ffd53300739ea61a013e55213bdf8161bd23584c35e8b448e82bb11;
        checkEq(address(registry).codehash, pinned, "code hash");
        string memory json = vm.readFile(ARTIFACT);
        checkEq(vm.parseJsonBytes32(json, ".code_hash"), pinned, "code hash of the shipped file");
        bytes memory runtime = vm.parseJsonBytes(json, ".runtime_bytecode");
        checkEq(keccak256(runtime), pinned, "shipped runtime code");
    }

    /// @dev paris: every chain that runs this code lacks or may lack PUSH0 (0x5f).
    function test_CodeHasNoPush0() public view {
        bytes memory code = address(registry).code;
        for (uint256 i = 0; i < code.length; ++i) {
            uint8 opcode = uint8(code[i]);
            check(opcode != 0x5f, "PUSH0");
            if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f;
        }
    }
}
