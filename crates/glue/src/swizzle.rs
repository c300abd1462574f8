//! Byte lookups that a wasm engine may replace by a faster kind.
//!
//! On x64 `i8x16.swizzle` takes three instructions and `i8x16.relaxed_swizzle` one. They differ
//! only for indices from 16 to 127, which the cipher does not use. Not every wasm engine has the
//! second. So a module is shipped with the first, in an encoding of the same length, and
//! `js/worker/core.ts` changes it if the engine allows it.

use anyhow::{Result, ensure};
use wasmparser::{Operator, Parser, Payload};

const RELAXED: [u8; 3] = [0xfd, 0x80, 0x02];

/// The opcode 0x0e of `i8x16.swizzle` in two bytes. No compiler writes it in this form (WebAssembly
/// core specification 2.0, §5.2.2: unused bits may be zero).
const STRICT: [u8; 3] = [0xfd, 0x8e, 0x00];

/// Makes each relaxed lookup a strict one that can be found by its bytes.
pub(crate) fn make_strict(module: &mut [u8]) -> Result<()> {
    let lookups = lookups(module)?;
    for at in &lookups {
        module[*at..][..3].copy_from_slice(&STRICT); // `lookups` found three bytes there
    }
    let found = module.windows(3).filter(|bytes| *bytes == STRICT).count();
    ensure!(found == lookups.len(), "{found} times the bytes of {} lookups", lookups.len());
    Ok(())
}

fn lookups(module: &[u8]) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CodeSectionEntry(body) = payload? else { continue };
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, at) = operator?;
            if matches!(operator, Operator::I8x16RelaxedSwizzle) {
                // `at` is the offset of an operator within the module.
                ensure!(module[at..].starts_with(&RELAXED), "a lookup in another encoding");
                found.push(at);
            }
        }
    }
    Ok(found)
}
