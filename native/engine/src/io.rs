//! What goes into an engine and what comes out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use codec_api::CodecKind;
use dsp::Tone;

use crate::video::{CodecSet, CopiedVideo, Picture, VideoForward, VideoKind, VideoPacket, Watch};

/// One transport of one endpoint, numbered by the hub and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

impl SessionId {
    /// What its packets carry as `CSRC[0]` (RFC 3550 5.1): the low 32 bits. The hub counts sessions up from
    /// 1, so two that are there at the same time differ.
    pub fn source_number(self) -> u32 {
        self.0 as u32
    }
}

/// A room, numbered by the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u64);

/// Speech under one grant, numbered by the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TalkspurtId(pub u64);

/// A shard of the plane, counted from 0; at most 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u8);

/// Audio level of one packet (RFC 6464).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// 0 (loudest) down to -127 dBov (silence).
    pub dbov: i8,
    /// The sender's voice activity flag.
    pub voice: bool,
}

/// One RTP packet of audio, as its source sent it.
#[derive(Debug, Clone)]
pub struct MediaPacket {
    /// The source's SSRC: when it changes, sequence and timestamp start anew.
    pub stream: u32,
    /// Sequence number, extended past 16 bits.
    pub seq: u64,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// Set on the first packet of a talkspurt (RFC 3551 4.1).
    pub marker: bool,
    /// Absent when the source did not negotiate RFC 6464.
    pub level: Option<Level>,
    /// One Opus packet; shared by all its listeners, never copied.
    pub payload: Arc<[u8]>,
}

/// A packet on its way from the shard of its source to a shard with listeners.
#[derive(Debug, Clone)]
pub struct CopiedPacket {
    /// Who speaks.
    pub source: SessionId,
    /// Which unbroken run of copies from this source to that shard the packet belongs to.
    pub burst: u64,
    /// The rooms in which the source's gate is open.
    pub rooms: Arc<[RoomId]>,
    /// Its gate is shut: these are its last words.
    pub parting: bool,
    /// How long the sound waits for its turn where it is mixed: the head of its talkspurt came before the grant.
    pub delay: Duration,
    /// The packet as received.
    pub packet: MediaPacket,
}

/// A packet for one listener, placed on the timeline of one of its slots.
#[derive(Debug, Clone)]
pub struct Forward {
    /// The listener.
    pub to: SessionId,
    /// Which of its audio slots.
    pub slot: u8,
    /// Extended sequence number on the slot's own timeline.
    pub seq: u64,
    /// RTP timestamp on the slot's own timeline, 48 kHz.
    pub timestamp: u32,
    /// First packet of a talkspurt on this slot.
    pub marker: bool,
    /// Who speaks; travels as `CSRC[0]`.
    pub source: SessionId,
    /// The source's level, handed on.
    pub level: Option<Level>,
    /// One Opus packet.
    pub payload: Arc<[u8]>,
}

/// One packet of a phone, as it came.
#[derive(Debug, Clone)]
pub struct PhonePacket {
    /// The phone's SSRC.
    pub stream: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in the codec's RTP clock.
    pub timestamp: u32,
    /// One packet of the phone's codec.
    pub payload: Arc<[u8]>,
}

/// Everything an engine can be told.
#[derive(Debug, Clone)]
pub enum Input {
    /// A session exists on this shard; it neither hears nor speaks until [`Input::Up`].
    Add {
        /// Its number.
        session: SessionId,
        /// How many sources it can be sent at once.
        audio_slots: u8,
        /// What each of its video slots can be sent; those beyond [`crate::video::VIDEO_SLOTS_MAX`] stay empty.
        video_slots: Vec<CodecSet>,
        /// Whether its microphone is taken.
        publishes: bool,
        /// Random number from which its slots start their timelines.
        seed: u64,
    },
    /// A session with one stream each way exists on this shard: it hears a mix, its voice is decoded here.
    /// It neither hears nor speaks until [`Input::SetPhone`].
    AddPhone {
        /// Its number.
        session: SessionId,
        /// Random number from which the timeline of its voice starts.
        seed: u64,
    },
    /// What the phone speaks, and whether it is on hold; may change at any time.
    SetPhone {
        /// The phone.
        session: SessionId,
        /// Its codec, both ways.
        codec: CodecKind,
        /// Whether anything is sent to it.
        hears: bool,
        /// Whether what it sends is heard.
        speaks: bool,
    },
    /// Sound from a phone.
    PhonePacket {
        /// Who speaks.
        session: SessionId,
        /// What was received.
        packet: PhonePacket,
    },
    /// The phone sends a telephone event: silence its sound around it.
    PhoneEvent {
        /// The phone.
        session: SessionId,
        /// The key is up: what comes from now on has nothing of it.
        ended: bool,
    },
    /// Play a tone to a phone over what it hears; `None` ends the one that plays.
    Tone {
        /// The phone.
        session: SessionId,
        /// Which tone.
        tone: Option<Tone>,
    },
    /// The session's transport carries media now.
    Up(SessionId),
    /// The session ended: it leaves its rooms.
    Remove(SessionId),
    /// Make the session a member of the room, or change what it hears there.
    Join {
        /// The room; it comes to be with its first member.
        room: RoomId,
        /// The member.
        session: SessionId,
        /// Whether it receives what is said there.
        hear: bool,
    },
    /// End a membership.
    Leave {
        /// The room; it ends with its last member.
        room: RoomId,
        /// The member.
        session: SessionId,
    },
    /// Let the member be heard in the room.
    OpenGate {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
        /// Named again when the limit is reached.
        talkspurt: TalkspurtId,
        /// The engine shuts the gate by itself after this time; `None` never.
        limit: Option<Duration>,
    },
    /// Stop the member from being heard in the room.
    ShutGate {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
    },
    /// A packet from a session of this shard.
    Packet {
        /// Who speaks.
        session: SessionId,
        /// What was received.
        packet: MediaPacket,
    },
    /// A packet from a session of another shard.
    Copy(CopiedPacket),
    /// A source of another shard is no longer heard here.
    Release(SessionId),
    /// Another shard has, or no longer has, members that hear the room.
    RemoteHearing {
        /// The other shard.
        shard: ShardId,
        /// The room.
        room: RoomId,
        /// Whether any member there hears it.
        hearing: bool,
    },
    /// Let a picture of the member be seen in the room, or no longer. Not bound to its gate for sound.
    Show {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
        /// Which of its pictures.
        kind: VideoKind,
        /// Whether it may be seen.
        on: bool,
    },
    /// A packet of video from a session of this shard.
    Video {
        /// Who shows it.
        session: SessionId,
        /// What was received.
        packet: VideoPacket,
    },
    /// What a viewer wants of one of its video slots.
    Watch {
        /// The viewer.
        session: SessionId,
        /// Which of its video slots.
        slot: u8,
        /// What it wants.
        watch: Watch,
    },
    /// What a viewer's link carries beside its sound, as estimated; without this input any amount.
    Downlink {
        /// The viewer.
        session: SessionId,
        /// For all its video slots together.
        bits_per_s: u64,
    },
    /// A viewer cannot go on without a keyframe (RFC 4585 PLI, RFC 5104 FIR).
    SlotKeyframe {
        /// The viewer.
        session: SessionId,
        /// Which of its video slots.
        slot: u8,
    },
    /// A packet of video from a session of another shard.
    VideoCopy(CopiedVideo),
    /// A picture of another shard is no longer seen here.
    VideoRelease(Picture),
    /// Another shard has, or no longer has, members that see what is shown in the room.
    RemoteSeeing {
        /// The other shard.
        shard: ShardId,
        /// The room.
        room: RoomId,
        /// Whether any member there sees it.
        seeing: bool,
    },
    /// Another shard needs a keyframe; for the shard of the picture's session, nothing for the others.
    RemoteKeyframe {
        /// Of what.
        picture: Picture,
        /// Of which of its layers.
        layer: u8,
    },
    /// The time of an [`Output::Timeout`] has come.
    Timeout,
}

/// Everything an engine can ask for or report.
#[derive(Debug, Clone)]
pub enum Output {
    /// Send this to a session of this shard.
    Forward(Forward),
    /// A tick of 20 ms begins; only while there are phones. What is sent to phones in it follows.
    Tick(u64),
    /// Send this to phones of this shard, as the sound of this tick.
    Sound {
        /// The phones, all of the same codec.
        to: Vec<SessionId>,
        /// Which tick.
        tick: u64,
        /// One packet of their codec.
        payload: Arc<[u8]>,
    },
    /// Hand this to another shard. May be lost; the listeners there see a gap.
    Copy {
        /// Where to.
        shard: ShardId,
        /// What.
        copy: CopiedPacket,
    },
    /// Tell another shard that the source is no longer heard there, after all its copies.
    Release {
        /// Where to.
        shard: ShardId,
        /// Who stopped.
        source: SessionId,
    },
    /// Tell all other shards whether anybody here hears the room. Must not be lost.
    Hearing {
        /// The room.
        room: RoomId,
        /// Whether any member here hears it.
        hearing: bool,
    },
    /// The talk-time limit was reached and the gate is shut.
    Limit {
        /// The room.
        room: RoomId,
        /// Who spoke.
        session: SessionId,
        /// The grant that ended.
        talkspurt: TalkspurtId,
    },
    /// A member with an open gate began or ceased to make sound.
    Talking {
        /// The room.
        room: RoomId,
        /// Who.
        session: SessionId,
        /// Whether there is sound.
        on: bool,
    },
    /// From the next packet on a slot carries another source than before.
    Slot {
        /// The listener, a session of this shard.
        session: SessionId,
        /// Which of its audio slots.
        slot: u8,
        /// Who is in it now; packets name it by [`SessionId::source_number`].
        source: SessionId,
    },
    /// Send this to a session of this shard.
    Video(VideoForward),
    /// From the packet with this timestamp on a video slot carries this.
    Picture {
        /// The viewer, a session of this shard.
        session: SessionId,
        /// Which of its video slots.
        slot: u8,
        /// What is shown; packets name it by [`Picture::number`]. `None`: nothing any more.
        picture: Option<Picture>,
        /// RTP timestamp on the slot's own timeline, 90 kHz.
        timestamp: u32,
        /// Which of the picture's layers.
        layer: u8,
        /// The link is too narrow: nothing comes until this is told to be over.
        paused: bool,
    },
    /// Ask a session of this shard for a keyframe; already throttled.
    Keyframe {
        /// Who shows it.
        session: SessionId,
        /// Which of its pictures.
        kind: VideoKind,
        /// Which of its layers.
        layer: u8,
    },
    /// What would fill the viewer's video slots if its link carried it.
    Wanted {
        /// The viewer, a session of this shard.
        session: SessionId,
        /// For all its video slots together.
        bits_per_s: u64,
    },
    /// Hand this to another shard. May be lost.
    VideoCopy {
        /// Where to.
        shard: ShardId,
        /// What.
        copy: CopiedVideo,
    },
    /// Tell another shard that the picture is no longer seen there, after all its copies.
    VideoRelease {
        /// Where to.
        shard: ShardId,
        /// What.
        picture: Picture,
    },
    /// Tell all other shards whether anybody here sees what is shown in the room. Must not be lost.
    Seeing {
        /// The room.
        room: RoomId,
        /// Whether any member here sees it.
        seeing: bool,
    },
    /// Tell all other shards that a keyframe is needed here; the picture's own one asks for it. May be lost.
    RemoteKeyframe {
        /// Of what.
        picture: Picture,
        /// Of which of its layers.
        layer: u8,
    },
    /// Nothing more to do until then (or until the next input).
    Timeout(Option<Instant>),
}

/// What an engine has counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets placed in a slot.
    pub forwarded: u64,
    /// Packets for which a listener had no slot left.
    pub unheard: u64,
    /// Packets older than the start of their burst on a slot, dropped.
    pub late: u64,
    /// Packets above the rate of their source.
    pub flooded: u64,
    /// Packets of sources with no open gate.
    pub gated: u64,
    /// Packets handed to other shards.
    pub copied: u64,
    /// Ticks that were left out because the shard was late.
    pub ticks_skipped: u64,
    /// Gates shut by their limit.
    pub limits: u64,
    /// Packets of video placed in a slot.
    pub video_forwarded: u64,
    /// Packets of video handed to other shards.
    pub video_copied: u64,
    /// Packets of video above the budget of their picture.
    pub video_flooded: u64,
    /// Packets of pictures that are shown nowhere.
    pub video_gated: u64,
    /// Keyframes that sessions of this shard were asked for.
    pub keyframes_asked: u64,
    /// Inputs that named an unknown session, room or membership, or went over a bound.
    pub ignored: u64,
}
