//! The tap in str0m's DTLS: it keeps the SRTP keys that were exported and gives str0m decoys of the same length.
//!
//! What str0m then seals is noise to the peer and shares no key with what we seal, so that there is one writer
//! of SRTP and SRTCP, and no nonce can come twice. str0m must get keys of some kind: it reports no media before.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use srtp::{Exported, Profile};
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, KeyingMaterial,
    ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

/// What DTLS exported, and what str0m was given in its place.
pub(crate) struct Tapped {
    profile: Profile,
    exported: Vec<u8>,
    decoy: Vec<u8>,
    /// We are the DTLS client.
    pub client: bool,
}

impl Tapped {
    /// The keys agreed with the peer.
    pub fn exported(&self) -> Option<Exported<'_>> {
        Exported::new(self.profile, &self.exported)
    }

    /// The keys that str0m has.
    pub fn decoy(&self) -> Option<Exported<'_>> {
        Exported::new(self.profile, &self.decoy)
    }
}

impl fmt::Debug for Tapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tapped").finish_non_exhaustive()
    }
}

/// Where the keys of one DTLS instance come to lie, once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mailbox(Arc<Mutex<Option<Tapped>>>);

impl Mailbox {
    /// One in which keys lie already.
    #[cfg(test)]
    pub fn with(profile: Profile, exported: &[u8], decoy: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(Some(Tapped {
            profile,
            exported: exported.to_vec(),
            decoy: decoy.to_vec(),
            client: false,
        }))))
    }

    pub fn take(&self) -> Option<Tapped> {
        self.0.lock().ok()?.take()
    }
}

thread_local! {
    /// str0m makes its DTLS instance while an `Rtc` is built and gives no way to ask for it later.
    static BUILT: RefCell<Option<Mailbox>> = const { RefCell::new(None) };
}

/// The mailbox of the `Rtc` that was built last on this thread.
pub(crate) fn built() -> Option<Mailbox> {
    BUILT.with_borrow_mut(Option::take)
}

/// str0m's own cryptography, its DTLS tapped. Made once a process: str0m wants it to live for ever.
pub(crate) fn provider() -> CryptoProvider {
    let mut provider = from_feature_flags();
    provider.dtls_provider = Box::leak(Box::new(TapProvider(provider.dtls_provider)));
    provider
}

#[derive(Debug)]
struct TapProvider(&'static dyn DtlsProvider);

impl DtlsProvider for TapProvider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.0.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = self.0.new_dtls(certificate, now, version, mtu)?;
        let mailbox = Mailbox::default();
        BUILT.with_borrow_mut(|built| *built = Some(mailbox.clone()));
        Ok(Box::new(Tap {
            inner,
            mailbox,
            shown: None,
        }))
    }

    fn is_test(&self) -> bool {
        self.0.is_test()
    }
}

struct Tap {
    inner: Box<dyn DtlsInstance>,
    mailbox: Mailbox,
    /// What str0m was given: an export told again must not make new keys out of old ones.
    shown: Option<Vec<u8>>,
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").finish_non_exhaustive()
    }
}

impl DtlsInstance for Tap {
    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let client = self.inner.is_active();
        match self.inner.poll_output(buffer) {
            DtlsOutput::KeyingMaterial(exported, profile) => {
                let shown = self
                    .shown
                    .get_or_insert_with(|| keep(&self.mailbox, &exported, profile, client));
                DtlsOutput::KeyingMaterial(KeyingMaterial::new(shown), profile)
            }
            other => other,
        }
    }

    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}

/// Put the keys in the mailbox; what str0m gets instead. Without a profile that we know, or without random
/// numbers, the mailbox stays empty and the session carries no media.
fn keep(mailbox: &Mailbox, exported: &[u8], profile: SrtpProfile, client: bool) -> Vec<u8> {
    let made = known(profile).and_then(|known| Some((known, srtp::keys::decoy(known).ok()?)));
    let Some((profile, decoy)) = made else {
        return vec![0; exported.len()];
    };
    if let Ok(mut slot) = mailbox.0.lock() {
        *slot = Some(Tapped {
            profile,
            exported: exported.to_vec(),
            decoy: decoy.clone(),
            client,
        });
    }
    decoy
}

fn known(profile: SrtpProfile) -> Option<Profile> {
    match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Some(Profile::Aes128CmSha1_80),
        SrtpProfile::AEAD_AES_128_GCM => Some(Profile::AeadAes128Gcm),
        SrtpProfile::AEAD_AES_256_GCM => Some(Profile::AeadAes256Gcm),
        _ => None,
    }
}
