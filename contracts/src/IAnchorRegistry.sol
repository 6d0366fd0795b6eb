// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Heads of append-only logs, each consistent with the one before.
/// @notice A log is a list of entries under an RFC 9162 tree with SHA-256. Its publisher anchors
/// ever larger heads; the registry stores a head only with a proof that it extends the last one.
/// @dev Warning: an anchored head says nothing about the truth of the log's entries, and a
/// consistency proof does not prove a size: the proof from 2 to 3 entries also passes as one from
/// 2 to 4. The number that counts is the one in the log key's signed checkpoint; verifiers demand
/// both. A stolen publisher key can grow a log with garbage heads but cannot forge a checkpoint.
interface IAnchorRegistry {
    /// @notice A log's newest head, and who may change it. Six storage slots:
    /// slot 0  rootHash
    /// slot 1  treeSize | blockNumber << 64 | timestamp << 128 | previousBlock << 192
    /// slot 2  publisher | chainId << 160 | isSealed << 224
    /// slot 3  owner
    /// slot 4  pendingOwner
    /// slot 5  successor
    /// @dev Warning: verifiers read slots 0 and 1 by storage proof. The layout cannot change.
    /// @param rootHash RFC 9162 root of the first `treeSize` entries.
    /// @param treeSize Number of entries committed to; 0 means that the log was never opened.
    /// @param blockNumber `block.number` of the transaction that stored this head. Where that is
    /// not the header's number (Arbitrum), it is useless for finding the block.
    /// @param timestamp `block.timestamp` of that transaction, in seconds.
    /// @param previousBlock `blockNumber` of the head before; 0 for the first. Two heads may share
    /// a block.
    /// @param publisher The only account that may anchor; zero while paused.
    /// @param chainId Chain on which the log was opened, below 2^53.
    /// @param isSealed True once no head can follow.
    /// @param owner The account that names the publisher and may seal.
    /// @param pendingOwner The account that may accept ownership; zero if none.
    /// @param successor Log that continues a sealed one; zero if none.
    struct Log {
        bytes32 rootHash;
        uint64 treeSize;
        uint64 blockNumber;
        uint64 timestamp;
        uint64 previousBlock;
        address publisher;
        uint64 chainId;
        bool isSealed;
        address owner;
        address pendingOwner;
        bytes32 successor;
    }

    /// @notice The chain's precompile 2 is not SHA-256, so no proof could ever be checked.
    error Sha256Unavailable();

    /// @notice The chain id does not fit in 53 bits, so JSON could not carry it exactly.
    error ChainIdTooLarge(uint256 chainId);

    /// @notice A log is opened with a publisher; zero would pause it from the start.
    error PublisherIsZero();

    /// @notice The same account has opened a log with the same first entry before.
    error LogIsOpen(bytes32 logId);

    /// @notice Only the log's publisher anchors. Nobody is while it is paused or unopened.
    error NotPublisher(bytes32 logId, address caller);

    /// @notice Only the log's owner does this.
    error NotOwner(bytes32 logId, address caller);

    /// @notice Only the account that the owner named may accept.
    error NotPendingOwner(bytes32 logId, address caller);

    /// @notice The log belongs to another chain; this one is a fork of it.
    error WrongChain(uint256 expected, uint256 actual);

    /// @notice The log has ended.
    error LogIsSealed(bytes32 logId);

    /// @notice The proof starts from another head than the newest, which is named here.
    /// @dev After a reorganisation a pending proof may start elsewhere. If the values are those
    /// that the caller wanted to anchor, its work is done.
    error HeadMoved(uint64 treeSize, bytes32 rootHash);

    /// @notice The new size is not above the old one, or not below 2^53.
    error BadSize(uint64 fromSize, uint64 treeSize);

    /// @notice The proof does not show that the new head extends the newest one.
    error Inconsistent(uint64 fromSize, uint64 treeSize, bytes32 rootHash);

    /// @notice Emitted when a log is opened with its first entry as the head of size 1.
    /// @param logId See `openLog`.
    /// @param owner The account that opened it.
    /// @param publisher The account that may anchor.
    /// @param rootHash Leaf hash of entry 0, which is the root of a tree of one.
    event LogOpened(
        bytes32 indexed logId, address indexed owner, address publisher, bytes32 rootHash
    );

    /// @notice Emitted when a log's newest head is stored.
    /// @param logId The log.
    /// @param treeSize Number of entries committed to.
    /// @param rootHash RFC 9162 root at `treeSize`.
    /// @param fromSize Size of the head before. History is walked back by (logId, fromSize).
    /// @param previousBlock `block.number` at which the head before was stored.
    /// @dev Warning: an anchored root says nothing about the truth of its entries.
    event CheckpointAnchored(
        bytes32 indexed logId,
        uint64 indexed treeSize,
        bytes32 rootHash,
        uint64 fromSize,
        uint64 previousBlock
    );

    /// @notice Emitted when the account that may anchor changes; zero means paused.
    event PublisherSet(bytes32 indexed logId, address indexed publisher);

    /// @notice Emitted when ownership is offered; zero means that the offer is withdrawn.
    event OwnershipTransferStarted(
        bytes32 indexed logId, address indexed owner, address indexed pendingOwner
    );

    /// @notice Emitted when an offered ownership is accepted.
    event OwnershipTransferred(
        bytes32 indexed logId, address indexed previousOwner, address indexed owner
    );

    /// @notice Emitted when a log ends.
    /// @param logId The log that ended.
    /// @param successor The log that continues it, or zero.
    /// @param treeSize Size of its last head.
    /// @param rootHash Root of its last head.
    event LogSealed(
        bytes32 indexed logId, bytes32 indexed successor, uint64 treeSize, bytes32 rootHash
    );

    /// @notice Open a log owned by the caller, with its first entry as the head of size 1.
    /// @dev Nobody can squat a log: its id commits to the account that opens it. There is no
    /// step from 0 entries, for which no consistency proof exists.
    /// @param genesisLeafHash Leaf hash of entry 0.
    /// @param publisher The account that may anchor.
    /// @return logId sha256("itemproof/log/1\n" ‖ uint256 chain id ‖ address of this contract ‖
    /// address of the caller ‖ genesisLeafHash), packed, 120 bytes.
    function openLog(bytes32 genesisLeafHash, address publisher) external returns (bytes32 logId);

    /// @notice Store a larger head that extends the newest one.
    /// @dev Checks in this order: NotPublisher, WrongChain, LogIsSealed, HeadMoved, BadSize,
    /// Inconsistent. Warning: learn a reason by eth_call; estimateGas hides it on some nodes.
    /// @param logId The log.
    /// @param fromSize Size of the newest head, from which the proof starts.
    /// @param treeSize Size of the new head.
    /// @param rootHash Root of the new head.
    /// @param proof RFC 9162 consistency proof from `fromSize` to `treeSize`.
    function anchor(
        bytes32 logId,
        uint64 fromSize,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external;

    /// @notice Name the account that may anchor; zero pauses. Refused once sealed.
    function setPublisher(bytes32 logId, address publisher) external;

    /// @notice Offer ownership to an account, which must accept it; zero withdraws the offer.
    function transferOwnership(bytes32 logId, address newOwner) external;

    /// @notice Take the ownership that was offered.
    function acceptOwnership(bytes32 logId) external;

    /// @notice End a log, once and for ever.
    /// @dev The remedy for a stolen publisher key: the successor's first entry names the last
    /// good head of this log, which need not be its last one.
    /// @param logId The log to end.
    /// @param successor The log that continues it, or zero.
    function seal(bytes32 logId, bytes32 successor) external;

    /// @notice Return a log's newest head and its accounts; all zero if it was never opened.
    function head(bytes32 logId) external view returns (Log memory);

    /// @notice Check that a leaf is in a tree (RFC 9162, section 2.1.3.2).
    function verifyInclusion(
        bytes32 leafHash,
        uint64 leafIndex,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Check that a tree extends another (RFC 9162, section 2.1.4.2).
    function verifyConsistency(
        uint64 fromSize,
        bytes32 fromRoot,
        uint64 treeSize,
        bytes32 rootHash,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Check that a leaf is in a log's newest head; false if it was never opened.
    function isIncluded(bytes32 logId, bytes32 leafHash, uint64 leafIndex, bytes32[] calldata proof)
        external
        view
        returns (bool);
}
