//! What all epochs of a call have in common.

use super::leaf::Leaf;
use crate::Suite;
use crate::crypto::{Provider, Random, SuiteProvider};
use crate::identity::{CallId, DeviceId, Directory};
use mls_rs::Client;
use mls_rs::client_builder::{
    BaseConfig, ClientBuilder, WithCryptoProvider, WithIdentityProvider, WithMlsRules,
};
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules};
use mls_rs_core::psk::{ExternalPskId, PreSharedKey};
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// What `mls-rs` is built of here.
pub(super) type Config = WithMlsRules<
    DefaultMlsRules,
    WithIdentityProvider<Directory, WithCryptoProvider<Provider, BaseConfig>>,
>;

/// How a device takes part in a call.
pub struct Options {
    /// The call.
    pub call: CallId,
    /// The suite of the group.
    pub suite: Suite,
    /// The bundle of our own device.
    pub bundle: Vec<u8>,
    /// 32 bytes that every commit must know, made of the call's passphrase.
    pub passphrase: Option<Zeroizing<[u8; 32]>>,
    /// The transport gives all devices the same messages in the same order, our own among them.
    pub is_ordered: bool,
    /// Where keys come from.
    pub random: Random,
}

/// The options, as the machines need them.
pub(super) struct Setup {
    suite: Suite,
    provider: Provider,
    directory: Directory,
    passphrase: Option<PreSharedKey>,
    call: CallId,
    device: DeviceId,
    is_ordered: bool,
    random: Random,
}

/// The PSK's id (RFC 9420 §8.4) begins with it; the call follows.
const PSK: &[u8] = b"sealframe/1 passphrase";
/// MLS lifetimes are not used: each member judges by its own clock. Some 500 million years.
const LIFETIME: Duration = Duration::from_secs(u64::MAX >> 10);

impl Setup {
    pub(super) fn new(options: Options, device: DeviceId) -> Self {
        let Options { call, suite, passphrase, is_ordered, random, .. } = options;
        Self {
            suite,
            provider: Provider::new(random.clone()),
            directory: Directory::new(call),
            passphrase: passphrase.map(|secret| PreSharedKey::new(secret.to_vec())),
            call,
            device,
            is_ordered,
            random,
        }
    }

    /// An MLS client that signs with this leaf.
    pub(super) fn client(&self, leaf: &Leaf) -> Client<Config> {
        let options = CommitOptions::new()
            .with_path_required(true)
            .with_ratchet_tree_extension(false)
            .with_allow_external_commit(false);
        let mut builder = ClientBuilder::new()
            .crypto_provider(self.provider.clone())
            .identity_provider(self.directory.clone())
            .mls_rules(DefaultMlsRules::new().with_commit_options(options))
            .key_package_lifetime(LIFETIME);
        if let Some(secret) = &self.passphrase {
            builder = builder.psk(self.psk_id(), secret.clone());
        }
        let identity = leaf.certificate().identity();
        builder.signing_identity(identity, leaf.secret().clone(), self.suite.into()).build()
    }

    /// The id of the passphrase's PSK.
    pub(super) fn psk_id(&self) -> ExternalPskId {
        ExternalPskId::new([PSK, self.call.as_bytes()].concat())
    }

    pub(super) const fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    pub(super) const fn suite(&self) -> Suite {
        self.suite
    }

    /// The suite's cryptography.
    pub(super) fn crypto(&self) -> SuiteProvider {
        self.provider.suite(self.suite)
    }

    /// The roster.
    pub(super) const fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(super) const fn call(&self) -> CallId {
        self.call
    }

    /// Our own device.
    pub(super) const fn device(&self) -> DeviceId {
        self.device
    }

    /// Whether the transport orders messages.
    pub(super) const fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// A number below `end`, at random.
    pub(super) fn below(&self, end: u64) -> u64 {
        u64::from_be_bytes(self.random.array()) % end
    }

    pub(super) const fn random(&self) -> &Random {
        &self.random
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("suite", &self.suite).finish_non_exhaustive()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("suite", &self.suite).finish_non_exhaustive()
    }
}
