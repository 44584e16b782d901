//! The certificate and the cryptography all sessions of a plane share.

use std::fmt;
use std::sync::Arc;

use str0m::RtcConfig;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::crypto;
use str0m::rtp::Extension;

use crate::keytap;

/// RTP header extension ids offered first; a remote offer's own ids win.
const AUDIO_LEVEL_ID: u8 = 1;
const MID_ID: u8 = 4;

/// Who seals and opens the media of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MediaPath {
    /// str0m, packet by packet: the oracle that the other is compared with.
    #[default]
    Str0m,
    /// We, with a veil before str0m (adr/0018).
    Veil,
}

/// One DTLS certificate for all sessions: making one for each would double the cost of a join.
#[derive(Clone)]
pub struct Identity {
    provider: Arc<CryptoProvider>,
    tapped: Arc<CryptoProvider>,
    certificate: DtlsCert,
    media: MediaPath,
}

/// The cryptography library could not make a certificate.
#[derive(Debug)]
pub struct IdentityError;

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no DTLS certificate could be made")
    }
}

impl std::error::Error for IdentityError {}

impl Identity {
    /// A fresh self-signed certificate.
    pub fn generate() -> Result<Self, IdentityError> {
        let provider = crypto::from_feature_flags();
        let certificate = provider
            .dtls_provider
            .generate_certificate()
            .ok_or(IdentityError)?;
        Ok(Self {
            provider: Arc::new(provider),
            tapped: Arc::new(keytap::provider()),
            certificate,
            media: MediaPath::default(),
        })
    }

    /// The same, for sessions whose media takes this path.
    #[must_use]
    pub fn with_media(self, media: MediaPath) -> Self {
        Self { media, ..self }
    }

    /// The path that media takes.
    pub fn media(&self) -> MediaPath {
        self.media
    }

    /// What a session of the gateway is made from.
    pub(crate) fn server_config(&self) -> RtcConfig {
        match self.media {
            MediaPath::Str0m => self.config(),
            MediaPath::Veil => self.config().set_crypto_provider(Arc::clone(&self.tapped)),
        }
        .set_ice_lite(true)
    }

    /// What both ends have in common: Opus only, packets in and out, and just the two header
    /// extensions that are used (fewer bytes and no transport feedback on every packet).
    pub(crate) fn config(&self) -> RtcConfig {
        RtcConfig::new()
            .set_crypto_provider(Arc::clone(&self.provider))
            .set_dtls_cert(self.certificate.clone())
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .clear_extension_map()
            .set_extension(AUDIO_LEVEL_ID, Extension::AudioLevel)
            .set_extension(MID_ID, Extension::RtpMid)
    }
}
