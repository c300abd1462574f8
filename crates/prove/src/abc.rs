//! Berkeley ABC: "A System for Sequential Synthesis and Verification".

use crate::aiger::encode;
use crate::cone::{Cone, support};
use crate::graph::{Bit, clear, inputs};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

/// Debian's name of the program. The variable `ABC` names another one.
const PROGRAM: &str = "berkeley-abc";

/// Counts the pairs of files of this process.
static PAIRS: AtomicUsize = AtomicUsize::new(0);

/// Whether two cones over the same inputs are the same functions.
///
/// # Errors
/// ABC cannot be started, or gives no verdict.
pub fn equivalent(left: &Cone, right: &Cone) -> Result<bool, String> {
    let pair = PAIRS.fetch_add(1, Ordering::Relaxed);
    let stem = env::temp_dir().join(format!("prove-{}-{pair}", process::id()));
    let files = [stem.with_extension("left.aig"), stem.with_extension("right.aig")];
    let verdict = write(&files, [left, right]).and_then(|()| ask(&files));
    files.iter().for_each(|file| drop(fs::remove_file(file)));
    verdict
}

/// The version, as in `ABC 1.01`, of a program that tells two different functions apart.
///
/// # Errors
/// ABC cannot be started, or its verdicts are wrong.
pub fn version() -> Result<String, String> {
    check()?;
    let output = run("version")?;
    let version = output.split("ABC ").nth(1).and_then(|rest| rest.split_whitespace().next());
    Ok(format!("ABC {}", version.unwrap_or("of an unknown version")))
}

/// Asks what is known.
fn check() -> Result<(), String> {
    clear();
    let [a, b]: [Bit; 2] = inputs();
    let cone = |bit: Bit| Cone::over(&support(&[a, b]), &[bit]);
    let verdicts = (
        equivalent(&cone(a | b), &cone((a & b) ^ (a ^ b)))?,
        equivalent(&cone(a | b), &cone(a ^ b))?,
    );
    if verdicts == (true, false) { Ok(()) } else { Err("ABC errs about two gates".into()) }
}

fn write(files: &[PathBuf; 2], cones: [&Cone; 2]) -> Result<(), String> {
    for (file, cone) in files.iter().zip(cones) {
        fs::write(file, encode(cone)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn ask(files: &[PathBuf; 2]) -> Result<bool, String> {
    // -n: inputs and outputs are matched by their order. -T: seconds.
    let command = format!("cec -n -T 600 {} {}", files[0].display(), files[1].display());
    let output = run(&command)?;
    let says = |verdict: &str| output.contains(verdict);
    match (says("Networks are equivalent"), says("Networks are NOT EQUIVALENT")) {
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        _ => Err(format!("ABC gave no verdict: {output}")),
    }
}

fn run(command: &str) -> Result<String, String> {
    let program = env::var("ABC").unwrap_or(PROGRAM.into());
    let output = Command::new(&program).args(["-q", command]).output();
    let output = output.map_err(|error| {
        format!("{program} cannot be started ({error}). On Debian: apt-get install {PROGRAM}")
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
