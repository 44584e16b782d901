//! One MQTT 5 session: bytes in, messages and bytes out. The protocol's rules are the library's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mqtt_protocol_core::mqtt;
use mqtt_protocol_core::mqtt::connection::{ConnectionOptions, Event, TimerKind};
use mqtt_protocol_core::mqtt::packet::v5_0::{Connect, Disconnect, Publish, Subscribe};
use mqtt_protocol_core::mqtt::packet::{
    GenericPacketTrait, MessageExpiryInterval, Packet, Property, Qos, RetainHandling,
    SessionExpiryInterval, SubEntry, SubOpts, TopicAliasMaximum,
};
use mqtt_protocol_core::mqtt::result_code::{ConnectReasonCode, SubackReasonCode};
use radio::hub::{hub_state, subscriptions};
use radio::message::HubState;
use radio::{MS, Micros, SECOND};

use crate::config::EdgeConfig;

/// Largest packet that either side may send.
const PACKET_BYTES: u32 = 8_192;
/// Unacknowledged messages of `QoS` 1 towards us.
const RECEIVE_MAXIMUM: u16 = 16;
/// Topics that the broker may abbreviate.
const TOPIC_ALIASES: u16 = 64;
/// Without a packet of ours for one and a half of this the broker publishes our last will.
const KEEP_ALIVE_S: u16 = 2;
/// A ping must be answered within this.
const PING_ANSWER_MS: u64 = 2_000;
/// Connection and subscription together take at most this.
const GREETING: Micros = 5 * SECOND;

/// A message from the broker.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub topic: String,
    pub payload: Vec<u8>,
    pub retained: bool,
}

/// What the session wants to be known.
#[derive(Debug)]
pub(crate) enum Told {
    Message(Incoming),
    /// Subscribed, and the hub's state is on its way.
    Up,
    /// The session is over; why.
    Over(String),
}

pub(crate) struct Session {
    connection: mqtt::Connection<mqtt::role::Client>,
    root: String,
    epoch: u64,
    up: bool,
    /// Bytes for the broker.
    pub wire: Vec<u8>,
    ping_at: Option<Micros>,
    answer_by: Option<Micros>,
    greet_by: Micros,
    /// Publications that the broker refused.
    pub refused: u64,
}

impl Session {
    /// CONNECT is in `wire`. An error: the settings cannot be put into a packet.
    pub fn new(config: &EdgeConfig, now: Micros) -> Result<Self, String> {
        let options = ConnectionOptions::new()
            .maximum_packet_size_recv(PACKET_BYTES)
            .receive_maximum(RECEIVE_MAXIMUM);
        let mut connection =
            mqtt::Connection::<mqtt::role::Client>::with_options(mqtt::Version::V5_0, options);
        connection.set_auto_pub_response(true);
        connection.set_auto_map_topic_alias_send(true);
        connection.set_pingresp_recv_timeout(PING_ANSWER_MS);
        let connect = connect(config).map_err(|error| format!("mqtt: {error:?}"))?;
        let mut session = Self {
            connection,
            root: config.root.clone(),
            epoch: config.epoch,
            up: false,
            wire: Vec::new(),
            ping_at: None,
            answer_by: None,
            greet_by: now + GREETING,
            refused: 0,
        };
        let events = session.connection.checked_send(connect);
        session.handle(events, now, &mut Vec::new());
        Ok(session)
    }

    /// Bytes from the broker. A panic of the library ends the session like any other of its errors.
    pub fn receive(&mut self, bytes: &[u8], now: Micros, told: &mut Vec<Told>) {
        let mut cursor = mqtt::common::Cursor::new(bytes);
        while (cursor.position() as usize) < bytes.len() {
            let before = cursor.position();
            let received = catch_unwind(AssertUnwindSafe(|| self.connection.recv(&mut cursor)));
            let Ok(events) = received else {
                told.push(Told::Over("internal".into()));
                return;
            };
            self.handle(events, now, told);
            if cursor.position() == before {
                return;
            }
        }
    }

    /// Whether one more message of `QoS` 1 may be sent.
    pub fn has_room(&self) -> bool {
        let vacancy = self.connection.get_receive_maximum_vacancy_for_send();
        vacancy.is_none_or(|vacancy| vacancy > 0)
    }

    /// Puts a message into `wire`; false: it cannot be sent.
    pub fn publish(
        &mut self,
        topic: &str,
        payload: &[u8],
        (qos, retain, expiry_s): (Qos, bool, Option<u32>),
        now: Micros,
    ) -> bool {
        let packet_id = match qos {
            Qos::AtMostOnce => None,
            _ => match self.connection.acquire_packet_id() {
                Ok(id) => Some(id),
                Err(_) => return false,
            },
        };
        let expiry = expiry_s.and_then(|s| MessageExpiryInterval::new(s).ok());
        let properties: Vec<Property> = expiry
            .into_iter()
            .map(Property::MessageExpiryInterval)
            .collect();
        let publish = Publish::builder().topic_name(topic).and_then(|builder| {
            builder
                .qos(qos)
                .retain(retain)
                .packet_id(packet_id)
                .props(properties)
                .payload(payload)
                .build()
        });
        let Ok(publish) = publish else { return false };
        let before = self.wire.len();
        let events = self.connection.checked_send(publish);
        self.handle(events, now, &mut Vec::new());
        self.wire.len() > before
    }

    /// Says goodbye: the last will is not published.
    pub fn disconnect(&mut self, now: Micros) {
        if let Ok(disconnect) = Disconnect::builder().build() {
            let events = self.connection.checked_send(disconnect);
            self.handle(events, now, &mut Vec::new());
        }
    }

    pub fn publish_state(&mut self, on: bool, now: Micros) {
        let state = HubState {
            on,
            epoch: self.epoch,
        };
        let topic = hub_state(&self.root);
        let how = (Qos::AtLeastOnce, true, None);
        self.publish(&topic, &state.encode(), how, now);
    }

    pub fn deadline(&self) -> Option<Micros> {
        let greeting = (!self.up).then_some(self.greet_by);
        [self.ping_at, self.answer_by, greeting]
            .into_iter()
            .flatten()
            .min()
    }

    pub fn tick(&mut self, now: Micros, told: &mut Vec<Told>) {
        if !self.up && now >= self.greet_by {
            told.push(Told::Over("the broker does not answer".into()));
        }
        if self.ping_at.take_if(|at| *at <= now).is_some() {
            let events = self.connection.notify_timer_fired(TimerKind::PingreqSend);
            self.handle(events, now, told);
        }
        if self.answer_by.take_if(|at| *at <= now).is_some() {
            told.push(Told::Over("a ping was not answered".into()));
        }
    }

    fn handle(&mut self, events: Vec<Event>, now: Micros, told: &mut Vec<Told>) {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    self.wire.extend(packet.to_continuous_buffer());
                }
                Event::NotifyPacketReceived(packet) => self.packet(packet, now, told),
                Event::RequestTimerReset { kind, duration_ms } => {
                    let at = Some(now + duration_ms.cast_signed() * MS);
                    self.set_timer(kind, at);
                }
                Event::RequestTimerCancel(kind) => self.set_timer(kind, None),
                Event::RequestClose => told.push(Told::Over("closed".into())),
                Event::NotifyError(_) | Event::NotifyPacketIdReleased(_) => {}
            }
        }
    }

    /// A running timer is not put off, only cancelled: publishing would put the ping off for ever, and the
    /// next ping the wait for the answer to the last; a broker that stands still would never be noticed.
    fn set_timer(&mut self, kind: TimerKind, at: Option<Micros>) {
        let timer = match kind {
            TimerKind::PingreqSend => &mut self.ping_at,
            TimerKind::PingrespRecv => &mut self.answer_by,
            TimerKind::PingreqRecv => return,
        };
        *timer = at.map(|at| timer.map_or(at, |set| set.min(at)));
    }

    fn packet(&mut self, packet: Packet, now: Micros, told: &mut Vec<Told>) {
        match packet {
            Packet::V5_0Connack(connack) => {
                let code = connack.reason_code();
                if code == ConnectReasonCode::Success {
                    self.subscribe(now, told);
                } else {
                    told.push(Told::Over(format!("refused: {code:?}")));
                }
            }
            Packet::V5_0Suback(suback) => {
                let granted = |code: &SubackReasonCode| (*code as u8) < 0x80;
                if suback.reason_codes().iter().all(granted) {
                    self.up = true;
                    self.publish_state(true, now);
                    told.push(Told::Up);
                } else {
                    told.push(Told::Over("refused: a subscription".into()));
                }
            }
            Packet::V5_0Publish(publish) => told.push(Told::Message(Incoming {
                topic: publish.topic_name().to_owned(),
                payload: publish.payload().as_slice().to_vec(),
                retained: publish.retain(),
            })),
            Packet::V5_0Puback(puback) => {
                let refused = puback.reason_code().is_some_and(|code| code as u8 >= 0x80);
                self.refused += u64::from(refused);
            }
            Packet::V5_0Disconnect(disconnect) => {
                let code = disconnect.reason_code();
                let why = code.map_or("closed".into(), |code| format!("refused: {code:?}"));
                told.push(Told::Over(why));
            }
            _ => {}
        }
    }

    fn subscribe(&mut self, now: Micros, told: &mut Vec<Told>) {
        // Retained messages have no place on these topics; a live one shows its flag.
        let options = |qos| {
            SubOpts::new()
                .set_qos(qos)
                .set_nl(true)
                .set_rap(true)
                .set_rh(RetainHandling::DoNotSendRetained)
        };
        let [heartbeats, received, floor] = subscriptions(&self.root);
        let wanted = [
            (heartbeats, Qos::AtMostOnce),
            (received, Qos::AtMostOnce),
            (floor, Qos::AtLeastOnce),
        ];
        let entries: Result<Vec<_>, _> = wanted
            .into_iter()
            .map(|(filter, qos)| SubEntry::new(filter, options(qos)))
            .collect();
        let packet = entries.and_then(|entries| {
            let id = self.connection.acquire_packet_id()?;
            Subscribe::builder().entries(entries).packet_id(id).build()
        });
        match packet {
            Ok(packet) => {
                let events = self.connection.checked_send(packet);
                self.handle(events, now, told);
            }
            Err(error) => told.push(Told::Over(format!("mqtt: {error:?}"))),
        }
    }
}

fn connect(config: &EdgeConfig) -> Result<Connect, mqtt::result_code::MqttError> {
    let will = HubState {
        on: false,
        epoch: config.epoch,
    };
    let topic = hub_state(&config.root);
    let mut builder = Connect::builder()
        .client_id(config.client_id.as_str())?
        .clean_start(true)
        .keep_alive(KEEP_ALIVE_S)
        .will_message(topic, will.encode(), Qos::AtLeastOnce, true)?
        .props(vec![
            Property::SessionExpiryInterval(SessionExpiryInterval::new(0)?),
            Property::TopicAliasMaximum(TopicAliasMaximum::new(TOPIC_ALIASES)?),
        ]);
    if let Some(username) = &config.username {
        builder = builder.user_name(username.as_str())?;
    }
    if let Some(password) = &config.password {
        builder = builder.password(password.clone())?;
    }
    builder.build()
}
