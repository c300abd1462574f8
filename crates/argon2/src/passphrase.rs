//! Calls whose members know a passphrase and have no device keys.

use crate::Error;
use crate::argon::{Cost, derive};
use alloc::boxed::Box;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The prefix of the call id in the salt.
const SALT_LABEL: &[u8] = b"sealframe/1 passphrase";

/// The secret that all members of a passphrase call share. It is derived once, when joining.
///
/// [`Cost::DEFAULT`] is part of the protocol, because all members must derive the same key. The
/// passphrase is used as it is. The same letters can be different bytes, so the application
/// converts it to Unicode's form NFC first (`String.prototype.normalize`).
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
