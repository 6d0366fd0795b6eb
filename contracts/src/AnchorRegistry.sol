// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "./IAnchorRegistry.sol";
import {RFC9162} from "./RFC9162.sol";

/// @title Logs and their heads.
/// @dev No proxy, no immutables, no inherited storage: one code hash on every chain.
contract AnchorRegistry is IAnchorRegistry {
    /// @dev Sizes and chain ids stay exact in JSON, whose numbers have 53 bits.
    uint64 private constant LIMIT = 2 ** 53;

    /// @dev SHA-256 of nothing.
    bytes32 private constant EMPTY_ROOT =
        0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @dev Slot 0 of the contract, and nothing else is stored.
    mapping(bytes32 logId => Log log) private _logs;

    constructor() {
        if (sha256("") != EMPTY_ROOT) revert Sha256Unavailable();
    }

    modifier onlyOwner(bytes32 logId) {
        _checkOwner(logId);
        _;
    }

    /// @inheritdoc IAnchorRegistry
    function openLog(bytes32 genesisLeafHash, address publisher) external returns (bytes32 logId) {
        if (publisher == address(0)) revert PublisherIsZero();
        if (block.chainid >= LIMIT) revert ChainIdTooLarge(block.chainid);
        // Packed, since the log id is also computed by programs that know no ABI; every part has
        // a fixed length, so no two inputs share an encoding.
        logId = sha256(
            abi.encodePacked(
                "itemproof/log/1\n", block.chainid, address(this), msg.sender, genesisLeafHash
            )
        );
        Log storage log = _logs[logId];
        if (log.treeSize != 0) revert LogIsOpen(logId);
        log.rootHash = genesisLeafHash;
        log.treeSize = 1;
        log.blockNumber = uint64(block.number);
        log.timestamp = uint64(block.timestamp);
        log.publisher = publisher;
        log.chainId = uint64(block.chainid);
        log.owner = msg.sender;
        emit LogOpened(logId, msg.sender, publisher, genesisLeafHash);
    }

    /// @inheritdoc IAnchorRegistry
    function anchor(
        bytes32 logId,
        uint64 fromSize,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external {
        Log storage log = _logs[logId];
        if (msg.sender != log.publisher) revert NotPublisher(logId, msg.sender);
        if (block.chainid != log.chainId) revert WrongChain(log.chainId, block.chainid);
        if (log.isSealed) revert LogIsSealed(logId);
        bytes32 fromRoot = log.rootHash;
        if (fromSize != log.treeSize) revert HeadMoved(log.treeSize, fromRoot);
        if (fromSize >= treeSize || treeSize >= LIMIT) revert BadSize(fromSize, treeSize);
        if (!RFC9162.verifyConsistency(fromSize, fromRoot, treeSize, rootHash, proof)) {
            revert Inconsistent(fromSize, treeSize, rootHash);
        }
        uint64 previousBlock = log.blockNumber;
        log.rootHash = rootHash;
        log.treeSize = treeSize;
        log.blockNumber = uint64(block.number);
        log.timestamp = uint64(block.timestamp);
        log.previousBlock = previousBlock;
        emit CheckpointAnchored(logId, treeSize, rootHash, fromSize, previousBlock);
    }

    /// @inheritdoc IAnchorRegistry
    function setPublisher(bytes32 logId, address publisher) external onlyOwner(logId) {
        Log storage log = _logs[logId];
        if (log.isSealed) revert LogIsSealed(logId);
        log.publisher = publisher;
        emit PublisherSet(logId, publisher);
    }

    /// @inheritdoc IAnchorRegistry
    function transferOwnership(bytes32 logId, address newOwner) external onlyOwner(logId) {
        _logs[logId].pendingOwner = newOwner;
        emit OwnershipTransferStarted(logId, msg.sender, newOwner);
    }

    /// @inheritdoc IAnchorRegistry
    function acceptOwnership(bytes32 logId) external {
        Log storage log = _logs[logId];
        if (msg.sender != log.pendingOwner) revert NotPendingOwner(logId, msg.sender);
        address previousOwner = log.owner;
        log.owner = msg.sender;
        log.pendingOwner = address(0);
        emit OwnershipTransferred(logId, previousOwner, msg.sender);
    }

    /// @inheritdoc IAnchorRegistry
    function seal(bytes32 logId, bytes32 successor) external onlyOwner(logId) {
        Log storage log = _logs[logId];
        if (log.isSealed) revert LogIsSealed(logId);
        log.isSealed = true;
        log.successor = successor;
        emit LogSealed(logId, successor, log.treeSize, log.rootHash);
    }

    /// @inheritdoc IAnchorRegistry
    function head(bytes32 logId) external view returns (Log memory) {
        return _logs[logId];
    }

    /// @inheritdoc IAnchorRegistry
    function verifyInclusion(
        bytes32 leafHash,
        uint64 leafIndex,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return RFC9162.verifyInclusion(leafHash, leafIndex, treeSize, rootHash, proof);
    }

    /// @inheritdoc IAnchorRegistry
    function verifyConsistency(
        uint64 fromSize,
        bytes32 fromRoot,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return RFC9162.verifyConsistency(fromSize, fromRoot, treeSize, rootHash, proof);
    }

    /// @inheritdoc IAnchorRegistry
    function isIncluded(bytes32 logId, bytes32 leafHash, uint64 leafIndex, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        Log storage log = _logs[logId];
        return RFC9162.verifyInclusion(leafHash, leafIndex, log.treeSize, log.rootHash, proof);
    }

    /// @dev A log that was never opened has owner zero, which calls nothing.
    // slither-disable-next-line timestamp -- an address is compared; the struct also has a time.
    function _checkOwner(bytes32 logId) private view {
        if (msg.sender != _logs[logId].owner) revert NotOwner(logId, msg.sender);
    }
}
