//! Certificates as people have them: PEM with or without a byte-order mark, DER, and the forms that have to be converted.
//!
//! In: a file's bytes. Out: PEM, or what the file is and how to convert it. Never: whether a certificate is any good.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file of a form that is not read as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateForm {
    /// PKCS #12: certificate and key under a password.
    #[error("it is a PFX file (PKCS #12)")]
    Pfx,
    /// PKCS #7: certificates in a signed envelope.
    #[error("it is a P7B file (PKCS #7)")]
    P7b,
    /// Anything else.
    #[error("it is neither PEM nor DER")]
    Unknown,
}

/// `bytes` as PEM.
///
/// Errors: they are of another form.
pub(super) fn pem(bytes: &[u8]) -> Result<String, CertificateForm> {
    if let Some(text) = text(bytes) {
        // Under any label: `BEGIN PKCS7`, `BEGIN CMS`.
        return if text.contains("BEGIN PKCS7") || text.contains("BEGIN CMS") {
            Err(CertificateForm::P7b)
        } else {
            Ok(text)
        };
    }
    match inner(bytes) {
        Some([0x02, 0x01, 0x03, ..]) => Err(CertificateForm::Pfx),
        Some([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, ..]) => Err(CertificateForm::P7b),
        Some([0x30, ..]) => {
            let lines: Vec<String> = STANDARD
                .encode(bytes)
                .as_bytes()
                .chunks(64)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            Ok(format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")))
        }
        Some(_) | None => Err(CertificateForm::Unknown),
    }
}

/// The text that `bytes` are, without its mark: UTF-8, or UTF-16 as PowerShell writes it.
fn text(bytes: &[u8]) -> Option<String> {
    let of_units = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    match bytes {
        [0xff, 0xfe, ..] => of_units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => of_units(u16::from_be_bytes),
        _ => {
            let text = std::str::from_utf8(bytes).ok()?;
            // DER begins so, and is hardly ever valid UTF-8.
            if text.starts_with('0') && !text.contains("-----") {
                return None;
            }
            Some(text.trim_start_matches('\u{feff}').to_owned())
        }
    }
}

/// What stands in the SEQUENCE that `bytes` are.
fn inner(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, length, rest @ ..] = bytes else { return None };
    if *length < 0x80 { Some(rest) } else { rest.get(usize::from(length & 0x7f)..) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    #[test]
    fn marks_are_left_away_and_der_becomes_pem() {
        assert_eq!(pem(PEM.as_bytes()).as_deref(), Ok(PEM));
        assert_eq!(pem(format!("\u{feff}{PEM}").as_bytes()).as_deref(), Ok(PEM));
        let utf16 = |to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{PEM}").encode_utf16().flat_map(to_bytes).collect()
        };
        assert_eq!(pem(&utf16(u16::to_le_bytes)).as_deref(), Ok(PEM));
        assert_eq!(pem(&utf16(u16::to_be_bytes)).as_deref(), Ok(PEM));
        let der = [&[0x30, 0x82, 0x00, 0x64, 0x30, 0x81, 0xff][..], &[0xab; 93]].concat();
        let made = pem(&der).expect("a certificate");
        assert!(made.starts_with("-----BEGIN CERTIFICATE-----\nMIIAZDCB/6ur"), "{made}");
        assert!(made.lines().all(|line| line.len() <= 64), "{made}");
    }

    #[test]
    fn what_has_to_be_converted_is_named() {
        assert_eq!(pem(&[0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03, 0x30, 0xff]), Err(CertificateForm::Pfx));
        let p7b = [0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0];
        assert_eq!(pem(&p7b), Err(CertificateForm::P7b));
        assert_eq!(pem(b"-----BEGIN PKCS7-----\nMII\n"), Err(CertificateForm::P7b));
        assert_eq!(pem(&[0xd0, 0xcf, 0x11, 0xe0, 0x00]), Err(CertificateForm::Unknown));
    }
}
