//! A TLS server on a free port whose certificate nobody trusts. Its key is published here and protects nothing.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

/// The server; its thread ends with the test's process.
pub struct TlsServer {
    address: SocketAddr,
}

impl TlsServer {
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

/// Serves with a certificate for `localhost` that signs itself.
pub fn self_signed() -> TlsServer {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("self_signed.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("self_signed.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut tls = ServerConnection::new(config.clone()).unwrap();
            // Drives the handshake, which the client breaks off.
            drop(Stream::new(&mut tls, &mut stream).write_all(b"HTTP/1.1 500 Never\r\n\r\n"));
        }
    });
    TlsServer { address }
}
