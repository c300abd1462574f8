//! One epoch of one branch: a state of MLS, and all that is read out of it.

use super::leaf::Leaf;
use super::name::EpochName;
use super::output::{BaseKey, EpochKeys};
use super::setup::{Config, Setup};
use crate::Error;
use crate::faults::{self, Fault};
use crate::identity::{Certificate, DeviceId, Point};
use crate::wire::Branch;
use mls_rs::group::{CommitEffect, ReceivedMessage};
use mls_rs::{Group, MlsMessage};
use mls_rs_core::time::MlsTime;
use std::fmt;

/// The state of the group in one epoch. A clone holds all its secrets once more.
#[derive(Clone)]
pub(super) struct Epoch {
    group: Group<Config>,
    leaf: Leaf,
    members: Vec<Member>,
    name: EpochName,
}

/// A leaf and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) leaf: u32,
    pub(super) device: DeviceId,
    pub(super) key: Point,
}

/// Where a commit leads.
pub(super) enum Next {
    /// To this epoch; the leaf is the committer's.
    Epoch(Box<Epoch>),
    /// Out of the group: it removes us.
    Removed,
}

const EXPORT: &[u8] = b"SFrame 1.0 Base Key";
/// MLS lifetimes are not used: this and the setup's make the widest there is.
const BEGINNING: u64 = 0;

impl Epoch {
    /// A group of our own device.
    pub(super) fn create(setup: &Setup, leaf: Leaf) -> Result<Self, Error> {
        let client = setup.client(&leaf);
        let id = setup.call().as_bytes().to_vec();
        let beginning = Some(MlsTime::from(BEGINNING));
        let none = Default::default;
        let group = client.create_group_with_id(id, none(), none(), beginning);
        Self::of(group.map_err(|_| Error::BadArgument)?, leaf)
    }

    /// Joins by an external commit, which takes our `old` leaf out. Also gives the commit.
    pub(super) fn join(
        setup: &Setup,
        leaf: Leaf,
        info: &[u8],
        old: Option<u32>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let info = MlsMessage::from_bytes(info).map_err(|_| Error::BadGroupInfo)?;
        let context = info.as_group_info().ok_or(Error::BadGroupInfo)?.group_context();
        if context.group_id != setup.call().as_bytes() {
            return Err(Error::WrongCall);
        }
        if context.cipher_suite != setup.suite().into() {
            return Err(Error::UnsupportedVersion);
        }
        let client = setup.client(&leaf);
        let mut builder = client.external_commit_builder().map_err(|_| Error::BadGroupInfo)?;
        if let Some(old) = old {
            builder = builder.with_removal(old);
        }
        if setup.has_passphrase() {
            builder = builder.with_external_psk(setup.psk_id());
        }
        let beginning = MlsTime::from(BEGINNING);
        let joined = builder.commit_time(beginning).build(info);
        let (group, commit) = joined.map_err(|_| Error::BadGroupInfo)?;
        let commit = commit.to_bytes().map_err(|_| Error::BadGroupInfo)?;
        Ok((Self::of(group, leaf)?, commit))
    }

    /// The epoch after a commit of our own, and the commit. It takes `removed` leaves out, and gives
    /// ours a new key if there is one.
    pub(super) fn commit(
        &self,
        setup: &Setup,
        removed: &[u32],
        leaf: Option<Leaf>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let mut group = self.group.clone();
        let mut builder = group.commit_builder().commit_time(MlsTime::from(BEGINNING));
        for leaf in removed {
            builder = builder.remove_member(*leaf).map_err(|_| Error::BadArgument)?;
        }
        if setup.has_passphrase() {
            builder = builder.add_external_psk(setup.psk_id()).map_err(|_| Error::BadArgument)?;
        }
        if let Some(leaf) = &leaf {
            let identity = leaf.certificate().identity();
            builder = builder.set_new_signing_identity(leaf.secret().clone(), identity);
        }
        let output = builder.build().map_err(|_| Error::BadArgument)?;
        group.apply_pending_commit().map_err(|_| Error::BadArgument)?;
        let commit = output.commit_message().to_bytes().map_err(|_| Error::BadArgument)?;
        Ok((Self::of(group, leaf.unwrap_or_else(|| self.leaf.clone()))?, commit))
    }

    /// The epoch after somebody else's commit.
    pub(super) fn process(&self, commit: MlsMessage) -> Result<Next, Error> {
        let mut group = self.group.clone();
        let received = group.process_incoming_message_with_time(commit, MlsTime::from(BEGINNING));
        match received.map_err(|_| Error::BadCommit)? {
            ReceivedMessage::Commit(done) => match done.effect {
                CommitEffect::NewEpoch(_) => {
                    Self::of(group, self.leaf.clone()).map(Box::new).map(Next::Epoch)
                }
                CommitEffect::Removed { .. } => Ok(Next::Removed),
                CommitEffect::ReInit(_) => Err(Error::BadCommit),
            },
            _ => Err(Error::UnexpectedMessage),
        }
    }

    /// What a device needs to join by an external commit.
    pub(super) fn info(&self) -> Result<Vec<u8>, Error> {
        let info = self.group.group_info_message_allowing_ext_commit(true);
        info.and_then(|info| info.to_bytes()).map_err(|_| Error::BadGroupInfo)
    }

    /// What the media core gets.
    pub(super) fn keys(&self) -> Result<EpochKeys, Error> {
        let context = if faults::has(Fault::OwnSecret) { self.own_leaf() } else { 0 };
        let context = &context.to_be_bytes()[..if context == 0 { 0 } else { 4 }];
        let secret = self.group.export_secret(EXPORT, context, 32);
        let secret = secret.map_err(|_| Error::BadCommit)?;
        Ok(EpochKeys {
            epoch: self.number(),
            context: self.context(),
            code: self.name.code.clone(),
            members: self.members.iter().map(|member| (member.leaf, member.device)).collect(),
            leaf: self.own_leaf(),
            secret: BaseKey::new(secret.as_bytes())?,
        })
    }

    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.group.current_epoch()
    }

    /// Its name.
    pub(super) const fn branch(&self) -> Branch {
        self.name.branch
    }

    /// The KID context.
    pub(super) const fn context(&self) -> u16 {
        self.name.context
    }

    /// Our leaf index.
    pub(super) fn own_leaf(&self) -> u32 {
        self.group.current_member_index()
    }

    /// Our leaf's key.
    pub(super) const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// Everybody, by leaf index in ascending order.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The leaf of this index.
    pub(super) fn member(&self, leaf: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.leaf == leaf)
    }

    /// The leaf that a device has.
    pub(super) fn member_of(&self, device: DeviceId) -> Option<&Member> {
        self.members.iter().find(|member| member.device == device)
    }

    /// All devices with their leaf keys.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (DeviceId, &Point)> {
        self.members.iter().map(|member| (member.device, &member.key))
    }

    fn of(group: Group<Config>, leaf: Leaf) -> Result<Self, Error> {
        let authenticator = group.epoch_authenticator().map_err(|_| Error::BadCommit)?;
        let mut name = EpochName::of(authenticator.as_bytes());
        if faults::has(Fault::CountedContext) {
            name.context = group.current_epoch() as u16;
        }
        let members = group.roster().members_iter().map(|member| {
            let certificate = Certificate::parse(&member.signing_identity)?;
            let (device, key) = (certificate.device(), *certificate.leaf());
            Ok(Member { leaf: member.index, device, key })
        });
        let members = members.collect::<Result<_, Error>>()?;
        Ok(Self { group, leaf, members, name })
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoch")
            .field("number", &self.number())
            .field("branch", &self.branch())
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}
