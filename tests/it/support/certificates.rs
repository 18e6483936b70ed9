//! Certificates made for one test: an authority, and what it signs.

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key.
pub struct Certified {
    pub pem: String,
    pub key_pem: String,
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

/// An authority of its own.
pub struct Authority {
    pub pem: String,
    pub certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate is valid.
#[derive(Clone, Copy)]
pub enum Validity {
    Now,
    Past,
    Future,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), certificate: certificate.der().clone(), issuer: Issuer::new(params, key) }
    }

    /// A server's certificate for `host`.
    pub fn server(&self, host: &str, validity: Validity) -> Certified {
        let params = params(host, validity, ExtendedKeyUsagePurpose::ServerAuth);
        let key = KeyPair::generate().unwrap();
        certified(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }

    /// A client's certificate.
    pub fn client(&self) -> Certified {
        let params = params("sortie", Validity::Now, ExtendedKeyUsagePurpose::ClientAuth);
        let key = KeyPair::generate().unwrap();
        certified(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

/// A server's certificate for `host` that signs itself.
pub fn self_signed(host: &str) -> Certified {
    let key = KeyPair::generate().unwrap();
    certified(&params(host, Validity::Now, ExtendedKeyUsagePurpose::ServerAuth).self_signed(&key).unwrap(), &key)
}

fn params(host: &str, validity: Validity, purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.extended_key_usages = vec![purpose];
    let (first, last) = match validity {
        Validity::Now => (2020, 4000),
        Validity::Past => (2010, 2020),
        Validity::Future => (3000, 4000),
    };
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    params
}

fn certified(certificate: &rcgen::Certificate, key: &KeyPair) -> Certified {
    Certified {
        pem: certificate.pem(),
        key_pem: key.serialize_pem(),
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    }
}
