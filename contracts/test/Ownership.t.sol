// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/IAnchorRegistry.sol";
import {OpenedLog} from "./AnchorRegistry.t.sol";

contract OwnershipTest is OpenedLog {
    address internal constant NEW_OWNER = address(0xCAFE);
    bytes32 internal constant SUCCESSOR = keccak256("successor");

    function expectNotOwner(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.NotOwner.selector, logId, caller));
        vm.prank(caller);
    }

    function expectSealed(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogIsSealed.selector, logId));
        vm.prank(caller);
    }

    function test_SetPublisher() public {
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.PublisherSet(logId, STRANGER);
        vm.prank(OWNER);
        registry.setPublisher(logId, STRANGER);
        expectRefusal(
            PUBLISHER,
            1,
            4,
            abi.encodeWithSelector(IAnchorRegistry.NotPublisher.selector, logId, PUBLISHER)
        );
        checkEq(registry.head(logId).publisher, STRANGER, "publisher");
    }

    function test_PublisherZeroPausesAndAnotherResumes() public {
        vm.prank(OWNER);
        registry.setPublisher(logId, address(0));
        expectRefusal(
            PUBLISHER,
            1,
            4,
            abi.encodeWithSelector(IAnchorRegistry.NotPublisher.selector, logId, PUBLISHER)
        );
        vm.prank(OWNER);
        registry.setPublisher(logId, PUBLISHER);
        anchorHonestly(1, 4);
        checkEq(headSize(registry, logId), 4, "size");
    }

    function test_RevertWhen_StrangerSetsPublisher() public {
        expectNotOwner(STRANGER);
        registry.setPublisher(logId, STRANGER);
        expectNotOwner(PUBLISHER);
        registry.setPublisher(logId, STRANGER);
    }

    function test_SettingThePublisherKeepsChainAndSeal() public {
        vm.prank(OWNER);
        registry.setPublisher(logId, address(type(uint160).max));
        checkEq(registry.head(logId).chainId, block.chainid, "chain");
        check(!registry.head(logId).isSealed, "sealed");
    }

    function test_OwnershipMovesInTwoSteps() public {
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.OwnershipTransferStarted(logId, OWNER, NEW_OWNER);
        vm.prank(OWNER);
        registry.transferOwnership(logId, NEW_OWNER);
        checkEq(registry.head(logId).owner, OWNER, "owner before acceptance");
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.OwnershipTransferred(logId, OWNER, NEW_OWNER);
        vm.prank(NEW_OWNER);
        registry.acceptOwnership(logId);
        checkEq(registry.head(logId).owner, NEW_OWNER, "owner");
        checkEq(registry.head(logId).pendingOwner, address(0), "pending owner");
        expectNotOwner(OWNER);
        registry.seal(logId, 0);
    }

    function test_ZeroWithdrawsTheOffer() public {
        vm.prank(OWNER);
        registry.transferOwnership(logId, NEW_OWNER);
        vm.prank(OWNER);
        registry.transferOwnership(logId, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotPendingOwner.selector, logId, NEW_OWNER)
        );
        vm.prank(NEW_OWNER);
        registry.acceptOwnership(logId);
    }

    function test_RevertWhen_StrangerAccepts() public {
        vm.prank(OWNER);
        registry.transferOwnership(logId, NEW_OWNER);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotPendingOwner.selector, logId, STRANGER)
        );
        vm.prank(STRANGER);
        registry.acceptOwnership(logId);
    }

    function test_RevertWhen_AcceptedTwice() public {
        vm.prank(OWNER);
        registry.transferOwnership(logId, NEW_OWNER);
        vm.prank(NEW_OWNER);
        registry.acceptOwnership(logId);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotPendingOwner.selector, logId, NEW_OWNER)
        );
        vm.prank(NEW_OWNER);
        registry.acceptOwnership(logId);
    }

    function test_RevertWhen_StrangerTransfers() public {
        expectNotOwner(STRANGER);
        registry.transferOwnership(logId, STRANGER);
    }

    function test_RevertWhen_AnythingIsDoneToAnUnopenedLog() public {
        bytes32 unopened = keccak256("never opened");
        bytes memory reason =
            abi.encodeWithSelector(IAnchorRegistry.NotOwner.selector, unopened, OWNER);
        vm.expectRevert(reason);
        vm.prank(OWNER);
        registry.seal(unopened, 0);
        vm.expectRevert(reason);
        vm.prank(OWNER);
        registry.setPublisher(unopened, OWNER);
        vm.expectRevert(reason);
        vm.prank(OWNER);
        registry.transferOwnership(unopened, OWNER);
    }

    function test_SealEndsTheLog() public {
        anchorHonestly(1, 4);
        bytes32 root = registry.head(logId).rootHash;
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.LogSealed(logId, SUCCESSOR, 4, root);
        vm.prank(OWNER);
        registry.seal(logId, SUCCESSOR);
        check(registry.head(logId).isSealed, "sealed");
        checkEq(registry.head(logId).successor, SUCCESSOR, "successor");
        checkEq(headSize(registry, logId), 4, "size");
    }

    function test_RevertWhen_AnchoringASealedLog() public {
        vm.prank(OWNER);
        registry.seal(logId, SUCCESSOR);
        expectRefusal(
            PUBLISHER, 1, 4, abi.encodeWithSelector(IAnchorRegistry.LogIsSealed.selector, logId)
        );
    }

    function test_RevertWhen_SealedTwice() public {
        vm.prank(OWNER);
        registry.seal(logId, SUCCESSOR);
        expectSealed(OWNER);
        registry.seal(logId, 0);
        checkEq(registry.head(logId).successor, SUCCESSOR, "successor");
    }

    function test_RevertWhen_PublisherIsSetOnASealedLog() public {
        vm.prank(OWNER);
        registry.seal(logId, SUCCESSOR);
        expectSealed(OWNER);
        registry.setPublisher(logId, STRANGER);
    }

    function test_SealOutlivesAChangeOfOwner() public {
        vm.prank(OWNER);
        registry.seal(logId, SUCCESSOR);
        vm.prank(OWNER);
        registry.transferOwnership(logId, NEW_OWNER);
        vm.prank(NEW_OWNER);
        registry.acceptOwnership(logId);
        expectSealed(NEW_OWNER);
        registry.seal(logId, 0);
        check(registry.head(logId).isSealed, "sealed");
    }

    function test_RevertWhen_StrangerSeals() public {
        expectNotOwner(STRANGER);
        registry.seal(logId, 0);
        expectNotOwner(PUBLISHER);
        registry.seal(logId, 0);
    }
}
