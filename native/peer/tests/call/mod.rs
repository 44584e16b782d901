//! A session and its caller in virtual time: real SDP, ICE, DTLS and SRTP, no socket.
#![allow(dead_code, reason = "each story uses a part")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::SessionId;
use engine::video::{Picture, VideoCodec, VideoForward, VideoKind};
use peer::client::{self, Client, Offering, Pictures, Showing};
use peer::{Accept, Datagram, Datagrams, Event, Identity, MediaPath, Output, Session};

const SERVER: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    5_000,
);
const CALLER: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1)),
    6_000,
);
/// One way through the network.
const DELAY: Duration = Duration::from_millis(5);

/// Who shows what is written to the caller's slots.
pub const PICTURE: Picture = Picture {
    session: SessionId(77),
    kind: VideoKind::Screen,
};

pub struct Call {
    pub now: Instant,
    pub session: Session,
    pub caller: Client,
    pub answer: String,
    /// What the session reported.
    pub told: Vec<Event>,
    /// What the caller reported.
    pub seen: Vec<client::Event>,
    /// Whether a datagram to the caller gets there.
    pub passes: Box<dyn FnMut(&Datagram) -> bool>,
    under_way: VecDeque<(Instant, Datagram)>,
    out: Datagrams,
    wakes: (Instant, Instant),
}

impl Call {
    /// A caller that is up.
    pub fn new(media: MediaPath, pictures: Pictures) -> Self {
        Self::with_offer(media, pictures, str::to_owned)
    }

    /// The same, of whose offer the session gets to see something else.
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    pub fn with_offer(
        media: MediaPath,
        pictures: Pictures,
        change: impl Fn(&str) -> String,
    ) -> Self {
        let now = Instant::now();
        let identity = Identity::generate().unwrap();
        let offering = Offering {
            publishes: true,
            audio_slots: 1,
            data: false,
            video: pictures,
        };
        let (mut caller, offer) = Client::offer(offering, CALLER, &identity, now).unwrap();
        let (session, answer) =
            Session::accept(&accept(&change(&offer)), &identity.with_media(media), now).unwrap();
        caller.answer(&answer).unwrap();
        let mut call = Self {
            now,
            session,
            caller,
            answer,
            told: Vec::new(),
            seen: Vec::new(),
            passes: Box::new(|_| true),
            under_way: VecDeque::new(),
            out: Datagrams::default(),
            wakes: (now, now),
        };
        call.until(|call| call.told.iter().any(|event| matches!(event, Event::Up)));
        call.until(|call| {
            call.seen
                .iter()
                .any(|event| matches!(event, client::Event::Up))
        });
        call.run(500);
        call
    }

    /// Let time pass until something is so.
    pub fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            if is_so(self) {
                return;
            }
            self.run(1);
        }
        panic!(
            "not within 20 s: told {:?}, seen {:?}",
            self.told, self.seen
        );
    }

    /// Let time pass.
    pub fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now += Duration::from_millis(1);
            while self
                .under_way
                .front()
                .is_some_and(|(at, _)| *at <= self.now)
            {
                let Some((_, datagram)) = self.under_way.pop_front() else {
                    return;
                };
                if datagram.to == SERVER {
                    self.session
                        .receive(CALLER, SERVER, &datagram.bytes, self.now);
                } else {
                    self.caller
                        .receive(SERVER, CALLER, &datagram.bytes, self.now);
                }
                self.poll();
            }
            if self.wakes.0 <= self.now {
                self.session.timeout(self.now);
            }
            if self.wakes.1 <= self.now {
                self.caller.timeout(self.now);
            }
            self.poll();
        }
    }

    /// Everything written so far leaves.
    pub fn flush(&mut self) {
        self.session.timeout(self.now);
        self.caller.timeout(self.now);
        self.poll();
    }

    fn poll(&mut self) {
        let at = self.now + DELAY;
        self.wakes.0 = loop {
            match self.session.poll() {
                Output::Transmit(datagram) => {
                    if (self.passes)(&datagram) {
                        self.under_way.push_back((at, datagram));
                    }
                }
                Output::Event(event) => self.told.push(event),
                Output::Timeout(at) => break at,
            }
        };
        self.wakes.1 = loop {
            match self.caller.poll() {
                client::Output::Transmit(datagram) => self.under_way.push_back((at, datagram)),
                client::Output::Event(event) => self.seen.push(event),
                client::Output::Timeout(at) => break at,
            }
        };
    }

    /// The caller shows a packet; its payload is its layer and its number.
    pub fn show(&mut self, kind: VideoKind, layer: u8, seq: u64) {
        let payload = [0x10, 0, layer, seq as u8];
        let showing = Showing {
            kind,
            layer,
            seq,
            timestamp: 3_000 * seq as u32,
            marker: true,
            codec: VideoCodec::Vp8,
            payload: &payload,
        };
        assert!(self.caller.show(showing, self.now));
        self.flush();
    }

    /// A packet of [`PICTURE`] for a slot of the caller.
    pub fn write(&mut self, slot: u8, seq: u64, bytes: usize) -> peer::Written {
        let forward = VideoForward {
            to: SessionId(1),
            slot,
            seq,
            timestamp: 3_000 * seq as u32,
            marker: true,
            picture: PICTURE,
            codec: VideoCodec::Vp8,
            payload: vec![seq as u8; bytes].into(),
        };
        let written = self.session.write_video(&forward, self.now);
        self.flush();
        written
    }

    /// Sequence numbers seen on a slot so far, in their order of coming.
    pub fn seqs(&self) -> Vec<u64> {
        let seen = self.seen.iter().filter_map(|event| match event {
            client::Event::Seen(seen) => Some(seen.seq),
            _ => None,
        });
        seen.collect()
    }
}

/// What is taken of an offer: everything that a session can have.
pub fn accept(offer: &str) -> Accept<'_> {
    Accept {
        offer,
        audio_slots: 1,
        publishes: true,
        video_slots: 4,
        cameras: true,
        candidates: &[SERVER],
        tcp_candidates: &[],
        data_message_bytes_max: 1_000,
    }
}
