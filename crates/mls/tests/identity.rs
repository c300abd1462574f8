//! Which leaves are believed.

mod common;

use common::{Signer, random};
use mls_rs::IdentityProvider;
use mls_rs_core::crypto::SignaturePublicKey;
use mls_rs_core::identity::{
    BasicCredential, Credential, CredentialType, CustomCredential, MemberValidationContext,
    SigningIdentity,
};
use proptest::prelude::*;
use sealframe_mls::Error;
use sealframe_mls::identity::{CallId, Certificate, Device, Directory, Draft, Point};

fn call() -> CallId {
    CallId::of("room-42")
}

fn leaf() -> Point {
    *Signer::new(&random(77)).device().signing()
}

/// A device, and a leaf that it has signed.
fn certified() -> (Signer, Certificate) {
    let signer = Signer::new(&random(1));
    let draft = Draft::new(signer.device().id(), call(), leaf());
    let signature = signer.sign(&draft.to_sign());
    let certificate = draft.signed(&signature).expect("a signature");
    (signer, certificate)
}

fn directory(of: &Signer) -> Directory {
    let directory = Directory::new(call());
    directory.set_roster([of.device()]);
    directory
}

fn validate(directory: &Directory, identity: &SigningIdentity) -> Result<(), Error> {
    directory.validate_member(identity, None, MemberValidationContext::None)
}

#[test]
fn a_leaf_that_a_device_on_the_roster_has_signed_is_believed() {
    let (signer, certificate) = certified();
    let identity = certificate.identity();
    assert_eq!(Certificate::parse(&identity), Ok(certificate));
    assert_eq!(validate(&directory(&signer), &identity), Ok(()));
}

#[test]
fn a_ghost_is_not_believed() {
    let (_, certificate) = certified();
    let other = Signer::new(&random(2));
    let refused = validate(&directory(&other), &certificate.identity());
    assert_eq!(refused, Err(Error::NotAMember));
}

#[test]
fn a_former_member_is_known_until_its_leaf_is_gone() {
    let (signer, certificate) = certified();
    let directory = directory(&signer);
    directory.set_roster([]);
    assert!(!directory.has(signer.device().id()));
    assert_eq!(validate(&directory, &certificate.identity()), Ok(()));
    directory.forget_former(|_| false);
    assert_eq!(validate(&directory, &certificate.identity()), Err(Error::NotAMember));
}

#[test]
fn a_leaf_of_another_call_is_refused() {
    let (signer, certificate) = certified();
    let directory = Directory::new(CallId::of("room-41"));
    directory.set_roster([signer.device()]);
    assert_eq!(validate(&directory, &certificate.identity()), Err(Error::WrongCall));
}

#[test]
fn another_leaf_key_is_refused() {
    let (signer, certificate) = certified();
    let mut identity = certificate.identity();
    let other = Signer::new(&random(78)).device();
    identity.signature_key = SignaturePublicKey::new_slice(other.signing().as_bytes());
    assert_eq!(validate(&directory(&signer), &identity), Err(Error::BadCredential));
}

#[test]
fn another_kind_of_credential_is_refused() {
    let (signer, certificate) = certified();
    let mut identity = certificate.identity();
    identity.credential = BasicCredential::new(b"alice".to_vec()).into_credential();
    assert_eq!(validate(&directory(&signer), &identity), Err(Error::BadCredential));
    let data = vec![1; 97];
    identity.credential = Credential::Custom(CustomCredential::new(CredentialType::new(7), data));
    assert_eq!(validate(&directory(&signer), &identity), Err(Error::BadCredential));
}

#[test]
fn a_leaf_is_succeeded_by_one_of_the_same_device() {
    let (signer, certificate) = certified();
    let other = Signer::new(&random(79));
    let directory = directory(&signer);
    let next = |signer: &Signer, leaf: u64| {
        let leaf = *Signer::new(&random(leaf)).device().signing();
        let draft = Draft::new(signer.device().id(), call(), leaf);
        let signature = signer.sign(&draft.to_sign());
        draft.signed(&signature).expect("a signature").identity()
    };
    let old = certificate.identity();
    let succeeds =
        |new: &SigningIdentity| directory.valid_successor(&old, new, &Default::default());
    assert_eq!(succeeds(&next(&signer, 80)), Ok(true));
    assert_eq!(succeeds(&next(&other, 81)), Ok(false));
}

#[test]
fn a_signature_with_the_higher_s_is_one_of_a_device_and_not_one_of_a_leaf() {
    let (signer, certificate) = certified();
    let draft = Draft::new(signer.device().id(), call(), leaf());
    let high = common::with_high_s(&signer.sign(&draft.to_sign()));
    assert_eq!(draft.clone().signed(&high), Ok(certificate));
    let refused = validate(&directory(&signer), &Certificate::from_parts(draft, high).identity());
    assert_eq!(refused, Err(Error::BadCredential));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_changed_credential_is_refused(at in 0usize..97, flip in 1u8..) {
        let (signer, certificate) = certified();
        let mut identity = certificate.identity();
        let mut data = identity.credential.as_custom().expect("ours").data().to_vec();
        data[at] ^= flip;
        let kind = Certificate::credential_type();
        identity.credential = Credential::Custom(CustomCredential::new(kind, data));
        prop_assert!(validate(&directory(&signer), &identity).is_err());
    }

    #[test]
    fn any_bytes_for_a_credential_are_an_error(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let (signer, certificate) = certified();
        let mut identity = certificate.identity();
        let kind = Certificate::credential_type();
        identity.credential = Credential::Custom(CustomCredential::new(kind, data));
        prop_assert!(validate(&directory(&signer), &identity).is_err());
    }

    #[test]
    fn any_bytes_for_a_bundle_are_an_error_or_a_device(
        data in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = Device::parse(&data);
    }
}
