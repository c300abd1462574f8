//! One entry of the roster that an application states.

use crate::Error;
use crate::envelope::{Bundle, DeviceId, Suite};
use alloc::vec::Vec;

/// A device that the application names: its bundle, if that is one.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The device that is meant, as far as that is known: a bad entry still keeps a member of this
    /// id on the roster.
    id: Option<DeviceId>,
    bundle: Result<Bundle, Error>,
}

impl Entry {
    /// Reads an entry. `id` is what the application says the device is called, in hexadecimal
    /// digits: where it says so, the bundle's hash must agree.
    pub fn parse(bytes: &[u8], id: Option<&str>) -> Self {
        let of_bytes = DeviceId::of(bytes);
        let named = id.map_or(Some(of_bytes), DeviceId::parse);
        let same = named == Some(of_bytes);
        let bundle = if same { Bundle::parse(bytes) } else { Err(Error::BadBundle) };
        Self { id: named, bundle }
    }

    /// The device that is meant, as far as that is known.
    pub(super) const fn id(&self) -> Option<DeviceId> {
        self.id
    }
}

/// The devices of a list, each once, without `own`; of the first entry that is refused the index
/// and the reason.
///
/// # Errors
/// [`Error::BadBundle`], also for two entries, or one and `own`, that share a public key;
/// [`Error::UnsupportedVersion`]; [`Error::LegacyDevice`] and [`Error::ClassicDevice`] for a suite
/// weaker than `weakest`.
pub(super) fn parse_list(
    entries: &[Entry],
    own: &Bundle,
    weakest: Suite,
) -> Result<Vec<Bundle>, (usize, Error)> {
    let mut taken: Vec<&Bundle> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let bundle = entry.bundle.as_ref().map_err(|code| (at, *code))?;
        let same = |other: &&Bundle| other.id() == bundle.id();
        if same(&own) || taken.iter().any(same) {
            continue;
        }
        if let Some(code) = bundle.suite().refused_as(weakest) {
            return Err((at, code));
        }
        if bundle.shares_key_with(own) || taken.iter().any(|other| bundle.shares_key_with(other)) {
            return Err((at, Error::BadBundle));
        }
        taken.push(bundle);
    }
    Ok(taken.into_iter().cloned().collect())
}
