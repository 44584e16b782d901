//! The certificate and the cryptography all sessions of a plane share.

use std::fmt;
use std::sync::Arc;

use str0m::RtcConfig;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::crypto;
use str0m::format::{Codec, CodecConfig, CodecSpec, FormatParams, PayloadParams};
use str0m::media::Frequency;
use str0m::rtp::Extension;

use crate::keytap;

/// RTP header extension ids offered first; a remote offer's own ids win.
const AUDIO_LEVEL_ID: u8 = 1;
const TRANSPORT_SEQUENCE_ID: u8 = 3;
const MID_ID: u8 = 4;
const RID_ID: u8 = 10;
const REPAIRED_RID_ID: u8 = 11;
/// Payload types of video and of its RTX, offered first likewise.
const VP8: (u8, u8) = (96, 97);
const H264: (u8, u8) = (98, 99);
/// Constrained baseline, level 3.1.
const H264_PROFILE: u32 = 0x42_e0_1f;

/// Who seals and opens the media of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MediaPath {
    /// str0m, packet by packet: the oracle of tests that the other is compared with.
    Str0m,
    /// We, with a veil before str0m (adr/0018).
    #[default]
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
    pub(crate) fn server_config(&self, video: bool) -> RtcConfig {
        let config = self.config(video);
        match self.media {
            MediaPath::Str0m => config,
            MediaPath::Veil => config.set_crypto_provider(Arc::clone(&self.tapped)),
        }
        .set_ice_lite(true)
    }

    /// What both ends have in common.
    pub(crate) fn config(&self, video: bool) -> RtcConfig {
        if video {
            with_video(self.sound())
        } else {
            self.sound()
        }
    }

    /// Opus only, packets in and out, and just the two header extensions that are used (fewer bytes and no
    /// transport feedback on every packet).
    fn sound(&self) -> RtcConfig {
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

/// Both codecs that are forwarded, with RTX, and the extensions that video needs: layers, and numbers by which
/// bandwidth is estimated.
fn with_video(mut config: RtcConfig) -> RtcConfig {
    let h264 = FormatParams {
        level_asymmetry_allowed: Some(true),
        packetization_mode: Some(1),
        profile_level_id: Some(H264_PROFILE),
        ..FormatParams::default()
    };
    let codecs = config.codec_config();
    let video = [
        (VP8, Codec::Vp8, FormatParams::default()),
        (H264, Codec::H264, h264),
    ];
    let mut params = codecs.params().to_vec();
    for ((number, resend), codec, format) in video {
        let spec = CodecSpec {
            codec,
            clock_rate: Frequency::NINETY_KHZ,
            channels: None,
            format,
        };
        let mut param = PayloadParams::new(number.into(), Some(resend.into()), spec);
        // One estimate only, the sender's own.
        param.set_fb_remb(false);
        params.push(param);
    }
    *codecs = CodecConfig::new_from_payload_params(params);
    config
        .set_extension(TRANSPORT_SEQUENCE_ID, Extension::TransportSequenceNumber)
        .set_extension(RID_ID, Extension::RtpStreamId)
        .set_extension(REPAIRED_RID_ID, Extension::RepairedRtpStreamId)
}
