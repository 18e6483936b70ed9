//! A TLS server on a free port, with the certificate that a test gives it. Its thread ends with the test's process.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream, SupportedProtocolVersion};

use super::certificates::{Authority, Certified};
use super::raw_server::{Heard, Reaction, head};

/// What the server wants of its clients.
pub enum Clients<'a> {
    /// No certificate.
    Anyone,
    /// One that this authority signed.
    SignedBy(&'a Authority),
}

type Rule = Box<dyn Fn(&Heard) -> Reaction + Send + Sync>;

struct Shared {
    config: Arc<ServerConfig>,
    rule: Rule,
    /// What came through a handshake.
    heard: Mutex<Vec<Heard>>,
    /// How many clients showed a certificate.
    shown: Mutex<usize>,
}

/// The server.
pub struct TlsServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl TlsServer {
    /// Serves as `certified`, and answers by `rule` (whose answers must be whole).
    pub fn start(certified: Certified, rule: impl Fn(&Heard) -> Reaction + Send + Sync + 'static) -> Self {
        Self::with(certified, &Clients::Anyone, rustls::ALL_VERSIONS, rule)
    }

    /// Also says what clients must show, and which versions of TLS are spoken.
    pub fn with(
        certified: Certified,
        clients: &Clients<'_>,
        versions: &[&'static SupportedProtocolVersion],
        rule: impl Fn(&Heard) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let config = match clients {
            Clients::Anyone => config.with_no_client_auth(),
            Clients::SignedBy(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(verifier.unwrap())
            }
        };
        let config = Arc::new(config.with_single_cert(certified.chain, certified.key).unwrap());
        let shared =
            Arc::new(Shared { config, rule: Box::new(rule), heard: Mutex::default(), shown: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, shared) = (stream.unwrap(), accepting.clone());
                thread::spawn(move || {
                    if shared.converse(&mut stream).is_err() {
                        // What the client still sends is read, so that closing is no reset, which could overtake our alert.
                        drop(stream.shutdown(Shutdown::Write));
                        drop(std::io::copy(&mut stream, &mut std::io::sink()));
                    }
                });
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request that came through a handshake.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// How many clients showed a certificate.
    pub fn shown(&self) -> usize {
        *self.shared.shown.lock().unwrap()
    }
}

impl Shared {
    fn converse(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut tls = ServerConnection::new(self.config.clone()).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(stream)?;
        }
        *self.shown.lock().unwrap() += usize::from(tls.peer_certificates().is_some());
        let mut reader = BufReader::new(Stream::new(&mut tls, stream));
        while let Some(mut heard) = head(&mut reader)? {
            let mut body = vec![0; heard.header("content-length").parse().unwrap_or(0)];
            reader.read_exact(&mut body)?;
            heard.body = String::from_utf8(body).unwrap();
            let reaction = {
                let mut all = self.heard.lock().unwrap();
                heard.number = all.len();
                all.push(heard.clone());
                (self.rule)(&heard)
            };
            let Reaction::Answer(bytes) = reaction else { panic!("whole answers only") };
            reader.get_mut().write_all(&bytes)?;
            reader.get_mut().flush()?;
        }
        Ok(())
    }
}
