//! The connection to the broker, plain or under TLS; nothing here waits.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpStream;
use nix::libc::linger;
use nix::sys::socket::{setsockopt, sockopt};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::config::{StartError, Tls};

/// A broker that acknowledges nothing for so long is gone (tcp(7), `TCP_USER_TIMEOUT`).
const UNACKNOWLEDGED_MAX_MS: u32 = 3_000;
/// What the kernel may hold of ours: little, because it cannot be taken back.
const SEND_BUFFER_BYTES: usize = 32 * 1024;

/// Checked TLS settings.
#[derive(Clone)]
pub(crate) struct Identity {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Identity {
    pub fn new(tls: &Tls) -> Result<Self, StartError> {
        let unusable = |what: &str, error: &dyn std::fmt::Display| {
            StartError::Config(format!("tls: {what} cannot be used: {error}"))
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&tls.authorities) {
            let added = certificate.map(|certificate| roots.add(certificate));
            added
                .map_err(|error| unusable("an authority", &error))?
                .map_err(|error| unusable("an authority", &error))?;
        }
        if roots.is_empty() {
            let reason = "tls: no PEM certificate of an authority";
            return Err(StartError::Config(reason.into()));
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("TLS", &error))?
            .with_root_certificates(roots);
        let config = if tls.chain.is_empty() && tls.key.is_empty() {
            builder.with_no_client_auth()
        } else {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&tls.chain).collect();
            let chain = chain.map_err(|error| unusable("the certificate", &error))?;
            let key = PrivateKeyDer::from_pem_slice(&tls.key)
                .map_err(|error| unusable("the key", &error))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable("the certificate with its key", &error))?
        };
        let name = ServerName::try_from(tls.server_name.clone())
            .map_err(|error| unusable("the server name", &error))?;
        Ok(Self {
            config: Arc::new(config),
            name,
        })
    }
}

pub(crate) struct Stream {
    pub socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    connected: bool,
}

impl Stream {
    pub fn connect(remote: SocketAddr, identity: Option<&Identity>) -> io::Result<Self> {
        let socket = TcpStream::connect(remote)?;
        // Without it the second of two small messages waits for an acknowledgement.
        let _ = socket.set_nodelay(true);
        let _ = setsockopt(&socket, sockopt::SndBuf, &SEND_BUFFER_BYTES);
        let _ = setsockopt(&socket, sockopt::TcpUserTimeout, &UNACKNOWLEDGED_MAX_MS);
        let tls = identity
            .map(|identity| {
                ClientConnection::new(Arc::clone(&identity.config), identity.name.clone())
            })
            .transpose()
            .map_err(io::Error::other)?;
        Ok(Self {
            socket,
            tls: tls.map(Box::new),
            connected: false,
        })
    }

    /// The socket became writable: connected, or why not.
    pub fn check(&mut self) -> io::Result<()> {
        if let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        match self.socket.peer_addr() {
            Ok(_) => self.connected = true,
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Some bytes; `None`: no more for now.
    pub fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(tls) = &mut self.tls else {
            return read(&mut self.socket, buffer);
        };
        loop {
            match tls.reader().read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) => {}
            }
            match tls.read_tls(&mut self.socket) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) => return wait_or_fail(error).map(|()| None),
            }
            let processed = tls.process_new_packets();
            // The handshake's next flight, or the alert that says what was wrong.
            flush_tls(tls, &mut self.socket)?;
            processed.map_err(io::Error::other)?;
        }
    }

    /// How many of the bytes were taken. Under TLS all or none: a record is sent whole.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.connected {
            return Ok(0);
        }
        let Some(tls) = &mut self.tls else {
            return match self.socket.write(bytes) {
                Ok(count) => Ok(count),
                Err(error) => wait_or_fail(error).map(|()| 0),
            };
        };
        flush_tls(tls, &mut self.socket)?;
        if tls.is_handshaking() || tls.wants_write() {
            return Ok(0);
        }
        let taken = tls.writer().write(bytes)?;
        flush_tls(tls, &mut self.socket)?;
        Ok(taken)
    }

    /// Whether the kernel has all that was taken. Under TLS a part of a record may still be ours.
    pub fn flush(&mut self) -> io::Result<bool> {
        match &mut self.tls {
            Some(tls) if self.connected => {
                flush_tls(tls, &mut self.socket)?;
                Ok(!tls.wants_write())
            }
            _ => Ok(true),
        }
    }

    /// The kernel forgets what it holds: nothing of it may come late.
    pub fn abort(self) {
        let at_once = linger {
            l_onoff: 1,
            l_linger: 0,
        };
        let _ = setsockopt(&self.socket, sockopt::Linger, &at_once);
    }
}

fn read(socket: &mut TcpStream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match socket.read(buffer) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(Some(count)),
        Err(error) => wait_or_fail(error).map(|()| None),
    }
}

fn flush_tls(tls: &mut ClientConnection, socket: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(socket) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(_) => {}
            Err(error) => return wait_or_fail(error),
        }
    }
    Ok(())
}

fn wait_or_fail(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::NotConnected => {
            Ok(())
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rustls::{ServerConfig, ServerConnection};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    /// A broker that reads when it is told to.
    struct Slow {
        socket: std::net::TcpStream,
        tls: ServerConnection,
        taken: usize,
    }

    impl Slow {
        fn read(&mut self) {
            let mut buffer = [0; 16_384];
            if self.tls.read_tls(&mut self.socket).is_ok() {
                self.tls.process_new_packets().unwrap();
            }
            while let Ok(count) = self.tls.reader().read(&mut buffer) {
                self.taken += count;
            }
            while self.tls.wants_write() {
                self.tls.write_tls(&mut self.socket).unwrap();
            }
        }
    }

    fn connected() -> (Stream, Slow) {
        let made = rcgen::generate_simple_self_signed(vec!["broker".to_owned()]).unwrap();
        let chain = vec![made.cert.der().clone()];
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let identity = Identity::new(&Tls {
            authorities: made.cert.pem().into(),
            chain: Vec::new(),
            key: Vec::new(),
            server_name: "broker".into(),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut stream = Stream::connect(address, Some(&identity.unwrap())).unwrap();
        let socket = listener.accept().unwrap().0;
        socket.set_nonblocking(true).unwrap();
        let mut slow = Slow {
            socket,
            tls: ServerConnection::new(server.into()).unwrap(),
            taken: 0,
        };
        let end = Instant::now() + DEADLINE;
        while slow.taken == 0 {
            assert!(Instant::now() < end, "no handshake");
            stream.check().unwrap();
            stream.send(b"hello").unwrap();
            assert_eq!(stream.receive(&mut [0; 512]).unwrap(), None);
            slow.read();
        }
        (stream, slow)
    }

    #[test]
    fn what_was_taken_leaves_without_anything_more_to_say() {
        let (mut stream, mut slow) = connected();
        let before = slow.taken;
        let mut given = 0;
        // Until a part of a record stays with us.
        while stream.flush().unwrap() {
            given += stream.send(&[7; 2_048]).unwrap();
        }
        let end = Instant::now() + DEADLINE;
        while slow.taken < before + given {
            assert!(Instant::now() < end, "{} of {given}", slow.taken - before);
            slow.read();
            stream.flush().unwrap();
        }
        assert!(stream.flush().unwrap());
    }
}
