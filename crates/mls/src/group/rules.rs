//! Which commits are allowed. A commit is by value, has a path, and takes leaves out or lets its own
//! sender in; nothing else.

use super::epoch::Epoch;
use super::setup::Setup;
use crate::Error;
use crate::identity::Certificate;
use mls_rs::MlsMessage;
use mls_rs::MlsMessageDescription;
use mls_rs::group::proposal::Proposal;
use mls_rs::group::{ContentType, Sender};
use mls_rs::mls_rs_codec::MlsSize;
use sha2::{Digest, Sha256};

/// A commit that keeps the rules. Nothing of it is verified.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) message: MlsMessage,
    pub(super) committer: Committer,
    /// The committer's leaf after the commit.
    pub(super) certificate: Certificate,
    pub(super) removes: bool,
    hash: [u8; 32],
}

/// Of two commits for one epoch the lower wins: a member's before a joiner's, then that of the lower
/// leaf, then one with a new leaf key, then that with the lower hash. So a thief of a leaf key, who
/// cannot have another one certified, does not displace its owner's renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    committer: Committer,
    keeps_key: bool,
    hash: [u8; 32],
}

/// Who made a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Committer {
    /// The member with this leaf.
    Member(u32),
    /// A device that lets itself in.
    Joiner,
}

impl Checked {
    /// Reads a commit.
    ///
    /// # Errors
    /// [`Error::BadMessage`], [`Error::WrongCall`], [`Error::UnexpectedMessage`],
    /// [`Error::BadCredential`], [`Error::BadCommit`].
    pub(super) fn parse(bytes: &[u8], setup: &Setup) -> Result<Self, Error> {
        let message = MlsMessage::from_bytes(bytes).map_err(|_| Error::BadMessage)?;
        if message.mls_encoded_len() != bytes.len() {
            return Err(Error::BadMessage);
        }
        let committer = committer(&message, setup)?;
        let leaf = message.commit_path_leaf_node().ok_or(Error::BadCommit)?;
        let certificate = Certificate::parse(&leaf.signing_identity)?;
        check_proposals(&message, committer, setup)?;
        let removal = |proposal: &&Proposal| matches!(proposal, Proposal::Remove(_));
        let removals = message.proposals_by_value().iter().filter(|it| removal(it)).count();
        // A joiner takes its own old leaf out: nobody leaves.
        let removes = removals > 0 && committer != Committer::Joiner;
        let hash = Sha256::digest(bytes).into();
        Ok(Self { message, committer, certificate, removes, hash })
    }

    /// Its rank among the commits that end `base`.
    pub(super) fn rank(&self, base: &Epoch) -> Rank {
        let keeps_key = match self.committer {
            Committer::Member(leaf) => {
                base.member(leaf).is_some_and(|member| member.key == *self.certificate.leaf())
            }
            Committer::Joiner => false,
        };
        Rank { committer: self.committer, keeps_key, hash: self.hash }
    }
}

impl Rank {
    /// The rank of our own commit.
    pub(super) fn of(committer: Committer, keeps_key: bool, bytes: &[u8]) -> Self {
        Self { committer, keeps_key, hash: Sha256::digest(bytes).into() }
    }

    /// Whether it is this commit's.
    pub(super) fn is_of(&self, commit: &Checked) -> bool {
        self.hash == commit.hash
    }

    pub(super) const fn committer(&self) -> Committer {
        self.committer
    }
}

fn committer(message: &MlsMessage, setup: &Setup) -> Result<Committer, Error> {
    match message.description() {
        MlsMessageDescription::PublicProtocolMessage { group_id, .. }
            if group_id != setup.call().as_bytes() =>
        {
            Err(Error::WrongCall)
        }
        MlsMessageDescription::PublicProtocolMessage {
            content_type: ContentType::Commit,
            sender,
            ..
        } => match sender {
            Sender::Member(leaf) => Ok(Committer::Member(leaf)),
            Sender::NewMemberCommit => Ok(Committer::Joiner),
            _ => Err(Error::UnexpectedMessage),
        },
        _ => Err(Error::UnexpectedMessage),
    }
}

fn check_proposals(message: &MlsMessage, committer: Committer, setup: &Setup) -> Result<(), Error> {
    let mut secrets = 0;
    for proposal in message.proposals_by_value() {
        match (proposal, committer) {
            (Proposal::Remove(_), _) | (Proposal::ExternalInit(_), Committer::Joiner) => {}
            (Proposal::Psk(psk), _) if psk.external_psk_id() == Some(&setup.psk_id()) => {
                secrets += 1;
            }
            _ => return Err(Error::BadCommit),
        }
    }
    let as_set_up = secrets == usize::from(setup.has_passphrase());
    let by_value = message.proposals_by_reference().is_empty();
    if as_set_up && by_value { Ok(()) } else { Err(Error::BadCommit) }
}
