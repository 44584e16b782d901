//! TLS settings: our certificate for those who come, authorities for those we call (rustls, TLS 1.2 and 1.3).

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use crate::config::{Identity, StartError};

pub(crate) struct Tls {
    server: Option<Arc<ServerConfig>>,
    client: Option<Arc<ClientConfig>>,
}

/// A certificate with its key that was seen to be of use.
#[derive(Debug)]
pub struct CheckedIdentity(Arc<ServerConfig>);

impl Identity {
    /// Reads both. An error says what cannot be used.
    pub fn checked(&self) -> Result<CheckedIdentity, StartError> {
        server(self).map(CheckedIdentity)
    }
}

impl Tls {
    pub fn new(
        identity: Option<&Identity>,
        authorities: Option<&[u8]>,
    ) -> Result<Self, StartError> {
        Ok(Self {
            server: identity.map(server).transpose()?,
            client: authorities.map(client).transpose()?,
        })
    }

    /// New connections get this certificate.
    pub fn renew(&mut self, identity: CheckedIdentity) {
        self.server = Some(identity.0);
    }

    pub fn accept(&self) -> Option<rustls::Connection> {
        let config = self.server.clone()?;
        ServerConnection::new(config).ok().map(Into::into)
    }

    pub fn connect(&self, name: &str) -> Option<rustls::Connection> {
        let name = ServerName::try_from(name.to_owned()).ok()?;
        let config = self.client.clone()?;
        ClientConnection::new(config, name).ok().map(Into::into)
    }
}

/// Secret bytes from the operating system's generator.
pub(crate) fn seed() -> Result<[u8; 32], StartError> {
    let mut seed = [0; 32];
    provider()
        .secure_random
        .fill(&mut seed)
        .map_err(|_| StartError::Config("no random numbers from the operating system".into()))?;
    Ok(seed)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn server(identity: &Identity) -> Result<Arc<ServerConfig>, StartError> {
    let chain = certificates(&identity.chain)?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|error| unusable("the key", &error))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| unusable("the certificate with its key", &error))?;
    Ok(Arc::new(config))
}

fn client(authorities: &[u8]) -> Result<Arc<ClientConfig>, StartError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities)? {
        roots
            .add(certificate)
            .map_err(|error| unusable("an authority", &error))?;
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("TLS", &error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| unusable("the certificate", &error))?;
    if chain.is_empty() {
        return Err(StartError::Config(
            "tls: no PEM certificate in the file".into(),
        ));
    }
    Ok(chain)
}

fn unusable(what: &str, error: &dyn std::fmt::Display) -> StartError {
    StartError::Config(format!("tls: {what} cannot be used: {error}"))
}
