//! What makes a finding the same as yesterday's, though lines were put above it.
//!
//! In: findings. Out: hexadecimal digits. Never: a line number, a severity (`--strict` changes it), or the text of a line, which
//! may be private.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::findings::Findings;
use crate::diagnostic::{Code, Diagnostic};

/// Bytes of a digest that are kept: 128 bits.
const KEPT_BYTES: usize = 16;

/// Hands out fingerprints; equal findings of one file are told apart by their order.
#[derive(Default)]
pub(super) struct Fingerprints(HashMap<[u8; KEPT_BYTES], u32>);

impl Fingerprints {
    /// The fingerprint of `found`: of its file, its code, its masked words, and how many such came before it.
    pub(super) fn next(&mut self, findings: &Findings, found: &Diagnostic) -> String {
        // How many complaints were left out changes with each of them.
        let words = if found.code == Code::More { String::new() } else { findings.what(found) };
        let mut hash = Sha256::new();
        for part in [&findings.path_of(findings.name(found.place)), found.code.as_str(), &words] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let mut key = [0; KEPT_BYTES];
        key.copy_from_slice(&hash.clone().finalize()[..KEPT_BYTES]);
        let earlier = self.0.entry(key).or_default();
        hash.update(earlier.to_le_bytes());
        *earlier += 1;
        let digest = hash.finalize();
        let (high, low) = (half(&digest[..8]), half(&digest[8..KEPT_BYTES]));
        format!("{high:016x}{low:016x}")
    }
}

fn half(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
