//! Calls whose members know a passphrase, and have no devices' keys.

use crate::Error;
use crate::argon::{Cost, derive};
use alloc::boxed::Box;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// In front of the call id when it is made into a salt.
const SALT_LABEL: &[u8] = b"sealframe/1 passphrase";

/// What all members of a passphrase call share. To be made once, when joining.
///
/// [`Cost::DEFAULT`] is part of the protocol: all members must come to the same key. The passphrase
/// is taken as it is. The same letters can be different bytes, so the application brings it to
/// Unicode's form NFC first (`String.prototype.normalize`).
///
/// # Errors
/// [`Error::BadArgument`] for an empty passphrase, [`Error::OutOfMemory`].
//
//   salt     = SHA-256("sealframe/1 passphrase" ‖ call id)
//   call key = Argon2id(passphrase, salt, 64 MiB, 3 passes, 1 lane, 32 bytes)
pub fn call_key(passphrase: &str, call_id: &str) -> Result<Box<Zeroizing<[u8; 32]>>, Error> {
    if passphrase.is_empty() {
        return Err(Error::BadArgument);
    }
    let salt = Sha256::new().chain_update(SALT_LABEL).chain_update(call_id).finalize();
    derive(passphrase, &salt, Cost::DEFAULT)
}
