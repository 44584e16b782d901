//! Registrations of ours at a trunk.

use crate::rig::{Rig, peer, reply, stream};
use sip::digest::Account;
use sip::{Command, Event, Flow, Input, Register, Registered, RegistrationId};

const ID: RegistrationId = RegistrationId(9);
const ASK: &str = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n";

fn register(flow: Flow) -> Command {
    Command::Register(Box::new(Register {
        id: ID,
        flow,
        registrar: "sip:pbx.example.org".into(),
        address: "sip:hub@pbx.example.org".into(),
        user: "hub".into(),
        account: Some(Account {
            user: "hub".into(),
            password: "secret".into(),
        }),
        expires_s: 600,
    }))
}

fn state(state: Registered) -> Event {
    Event::Registration { id: ID, state }
}

/// A core that is registered for 600 s.
fn registered() -> Rig {
    let mut rig = Rig::new();
    rig.command(register(peer()));
    rig.udp(&reply(&rig.request(), 401, "t", ASK, ""));
    rig.udp(&reply(&rig.request(), 200, "t", "Expires: 600\r\n", ""));
    assert!(rig.told(&state(Registered::Active { expires_s: 600 })));
    rig.clear();
    rig
}

#[test]
fn it_registers_with_digest_and_refreshes_in_time() {
    let mut rig = registered();
    let start = rig.now;
    rig.wait(480_000);
    assert_eq!(rig.times("REGISTER", start), [480_000]);
    let again = rig.request();
    // The known nonce is used again, with the next count: no second round trip.
    assert!(
        again
            .headers
            .get("Authorization")
            .unwrap()
            .contains("nc=00000002")
    );
    assert_eq!(again.headers.get("CSeq"), Some("3 REGISTER"));
    rig.udp(&reply(&again, 200, "t", "Expires: 600\r\n", ""));
    assert!(rig.told(&state(Registered::Active { expires_s: 600 })));
}

#[test]
fn a_wrong_password_is_not_hammered() {
    let mut rig = Rig::new();
    rig.command(register(peer()));
    rig.udp(&reply(&rig.request(), 401, "t", ASK, ""));
    rig.udp(&reply(&rig.request(), 401, "t", ASK, ""));
    assert!(matches!(
        rig.events[..],
        [Event::Registration {
            state: Registered::Failed {
                status: 401,
                retry_s: 15..=30
            },
            ..
        }]
    ));
    assert_eq!(rig.methods().len(), 2);
    rig.wait(31_000);
    assert_eq!(
        rig.methods().len(),
        3 + rig
            .times(
                "REGISTER",
                rig.now.saturating_sub(std::time::Duration::from_secs(31))
            )
            .len()
            - 3
    );
}

#[test]
fn a_423_is_met_with_the_longer_time() {
    let mut rig = Rig::new();
    rig.command(register(peer()));
    rig.udp(&reply(
        &rig.request(),
        423,
        "t",
        "Min-Expires: 1800\r\n",
        "",
    ));
    assert_eq!(rig.request().headers.get("Expires"), Some("1800"));
}

#[test]
fn it_tries_again_with_growing_pauses_while_nobody_answers() {
    let mut rig = Rig::new();
    rig.command(register(peer()));
    rig.wait(600_000);
    let pauses: Vec<u32> = rig
        .events
        .iter()
        .filter_map(|e| match e {
            Event::Registration {
                state:
                    Registered::Failed {
                        status: 408,
                        retry_s,
                    },
                ..
            } => Some(*retry_s),
            _ => None,
        })
        .collect();
    assert!(pauses.len() >= 4, "{pauses:?}");
    for (n, pause) in pauses.iter().enumerate() {
        let longest = 30 << n.min(6);
        assert!((longest / 2..=longest).contains(pause), "{pauses:?}");
    }
}

#[test]
fn it_leaves_when_asked() {
    let mut rig = registered();
    rig.command(Command::Unregister { id: ID });
    assert_eq!(rig.request().headers.get("Expires"), Some("0"));
    rig.udp(&reply(&rig.request(), 200, "t", "", ""));
    assert!(rig.told(&state(Registered::Removed)));
    rig.clear();
    rig.wait(3_600_000);
    assert_eq!((rig.sent.len(), rig.core.counts().waits), (0, 0));
}

#[test]
fn a_lost_connection_is_told_and_a_new_flow_goes_on() {
    let mut rig = Rig::new();
    rig.command(register(stream()));
    rig.input(Input::FlowClosed(stream().link));
    assert!(rig.told(&state(Registered::ConnectionLost)));
    rig.command(register(peer()));
    assert_eq!(rig.request().method.as_str(), "REGISTER");
}
