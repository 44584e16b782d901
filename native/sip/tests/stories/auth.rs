//! Digest at the door, seen from outside. The client here is the library's own client side, which
//! the RFC 7616 example checks.

use crate::rig::{Peer, Rig, SDP, UDP, peer};
use sip::digest::{Account, Ha1, Login};
use sip::msg::{Message, Request, Response, parse};
use sip::{Command, Config, Event, Flow, Input};

pub fn known(user: &str, password: &str) -> Command {
    Command::SetUser {
        user: user.into(),
        ha1: Some(Ha1::of(user, "crosspatch", password)),
    }
}

pub fn door() -> Rig {
    let mut rig = Rig::strict(Config::default());
    rig.command(known("1001", "secret"));
    rig
}

/// A login as `1001` that has read the challenge in `response`.
pub fn login(password: &str, response: &Response) -> Login {
    let mut login = Login::new(Account {
        user: "1001".into(),
        password: password.into(),
    });
    assert!(login.learn(response));
    login
}

pub fn sign(login: &mut Login, text: &str) -> String {
    let Ok(Message::Request(mut request)) = parse(text.as_bytes()) else {
        panic!("no request")
    };
    login.sign(&mut request, "cnonce");
    String::from_utf8(Request::to_bytes(&request)).unwrap()
}

#[test]
fn a_challenge_names_sha_256_before_md5() {
    let mut rig = door();
    rig.udp(&Peer::new("a").invite());
    let response = rig.response();
    let asked: Vec<_> = response.headers.all("WWW-Authenticate").collect();
    assert_eq!((response.status, asked.len()), (401, 2));
    assert!(asked[0].contains("algorithm=SHA-256") && asked[1].contains("algorithm=MD5"));
    assert!(asked.iter().all(|a| a.contains("qop=\"auth\"")));
}

#[test]
fn the_right_password_lets_the_call_in_under_its_proven_name() {
    let mut rig = door();
    let mut peer = Peer::new("b");
    rig.udp(&peer.invite());
    let mut login = login("secret", &rig.response());
    let signed = sign(&mut login, &peer.send("INVITE", "", SDP));
    rig.udp(&signed);
    let Some(Event::Incoming(call)) = rig.events.last() else {
        panic!("no call")
    };
    assert_eq!(call.user.as_deref(), Some("1001"));
}

#[test]
fn md5_is_enough_for_a_phone_that_knows_nothing_better() {
    let mut rig = door();
    let mut peer = Peer::new("md5");
    rig.udp(&peer.invite());
    let mut challenge = rig.response();
    let md5 = challenge
        .headers
        .all("WWW-Authenticate")
        .nth(1)
        .unwrap()
        .to_owned();
    challenge.headers = sip::msg::Headers::default();
    challenge.headers.push("WWW-Authenticate", md5);
    let mut login = login("secret", &challenge);
    let signed = sign(&mut login, &peer.send("INVITE", "", SDP));
    rig.udp(&signed);
    rig.incoming();
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    for (user, password) in [("1001", "wrong"), ("9999", "secret")] {
        let mut rig = door();
        let mut peer = Peer::new("c");
        rig.udp(&peer.invite());
        let mut login = Login::new(Account {
            user: user.into(),
            password: password.into(),
        });
        login.learn(&rig.response());
        let signed = sign(&mut login, &peer.send("INVITE", "", SDP));
        rig.udp(&signed);
        assert_eq!(rig.statuses(), [401, 401]);
        assert!(
            !rig.response()
                .headers
                .get("WWW-Authenticate")
                .unwrap()
                .contains("stale")
        );
        assert_eq!(rig.core.counts().transactions, 0);
    }
}

#[test]
fn a_count_that_was_used_is_refused_as_stale() {
    let mut rig = door();
    let mut peer = Peer::new("d");
    rig.udp(&peer.invite());
    let login = login("secret", &rig.response());
    let first = sign(&mut login.clone(), &peer.send("INVITE", "", SDP));
    rig.udp(&first);
    rig.clear();
    peer.call_id = "replayed".into();
    let replayed = sign(&mut login.clone(), &peer.send("INVITE", "", SDP));
    rig.udp(&replayed);
    assert_eq!(rig.statuses(), [401]);
    assert!(
        rig.response()
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
}

#[test]
fn the_next_count_of_the_same_nonce_is_good() {
    let mut rig = door();
    let mut peer = Peer::new("e");
    rig.udp(&peer.invite());
    let mut login = login("secret", &rig.response());
    for number in 0..20 {
        peer.call_id = format!("count{number}");
        let signed = sign(&mut login, &peer.send("INVITE", "", SDP));
        rig.clear();
        rig.udp(&signed);
        assert_eq!(rig.statuses(), [100], "count {number}");
    }
}

#[test]
fn an_old_nonce_is_stale_and_a_forged_one_is_not() {
    let mut rig = door();
    let mut peer = Peer::new("f");
    rig.udp(&peer.invite());
    let mut login = login("secret", &rig.response());
    rig.wait(301_000);
    let signed = sign(&mut login, &peer.send("INVITE", "", SDP));
    rig.udp(&signed);
    assert!(
        rig.response()
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
    let forged = signed
        .replace("nonce=\"0", "nonce=\"1")
        .replace("branch=z9hG4bK", "branch=z9hG4bKx");
    rig.udp(&forged);
    assert!(
        !rig.response()
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale")
    );
}

#[test]
fn credentials_for_another_target_are_refused() {
    let mut rig = door();
    let mut peer = Peer::new("g");
    rig.udp(&peer.invite());
    let mut login = login("secret", &rig.response());
    let signed = sign(&mut login, &peer.send("INVITE", "", SDP));
    rig.udp(&signed.replace("INVITE sip:ops@", "INVITE sip:other@"));
    assert_eq!(rig.statuses(), [401, 401]);
}

#[test]
fn a_public_number_needs_no_password_and_is_told_as_anonymous() {
    let mut rig = door();
    rig.command(Command::SetPublic {
        user: "ops".into(),
        public: true,
    });
    rig.udp(&Peer::new("h").invite());
    let Some(Event::Incoming(call)) = rig.events.last() else {
        panic!("no call")
    };
    assert_eq!((call.user.as_deref(), call.trusted), (None, false));
    rig.command(Command::SetPublic {
        user: "ops".into(),
        public: false,
    });
    rig.clear();
    rig.udp(&Peer::new("h2").invite());
    assert_eq!(rig.statuses(), [401]);
}

#[test]
fn an_asserted_identity_is_believed_of_a_trusted_source_only() {
    let identity = "P-Asserted-Identity: <sip:chief@example.org>\r\n";
    let asserted = |rig: &mut Rig| {
        rig.udp(&Peer::new("pai").send("INVITE", identity, SDP));
        match rig.events.last() {
            Some(Event::Incoming(call)) => call.asserted.clone(),
            _ => panic!("no call"),
        }
    };
    assert!(asserted(&mut Rig::new()).is_some());
    let mut open = door();
    open.command(Command::SetPublic {
        user: "ops".into(),
        public: true,
    });
    assert_eq!(asserted(&mut open), None);
}

#[test]
fn a_registered_phone_is_served_while_its_neighbour_floods() {
    let mut rig = door();
    let mut phone = Peer::new("phone");
    let register = |peer: &mut Peer| {
        peer.send("REGISTER", "", "")
            .replace("sip:ops@192.0.2.10>", "sip:1001@192.0.2.10>")
    };
    rig.udp(&register(&mut phone));
    let mut login = login("secret", &rig.response());
    let signed = sign(&mut login, &register(&mut phone));
    rig.udp(&signed);
    assert_eq!(rig.response().status, 200);
    // The same address behind one NAT, another port.
    let neighbour = Flow {
        link: UDP,
        remote: "192.0.2.20:6666".parse().unwrap(),
    };
    for number in 0..3_000 {
        let text = Peer::new(&format!("n{number}")).send("OPTIONS", "", "");
        rig.input(Input::Bytes {
            flow: neighbour,
            bytes: text.as_bytes(),
        });
    }
    assert!(rig.core.counts().limited > 2_000);
    rig.clear();
    rig.input(Input::Bytes {
        flow: peer(),
        bytes: phone.send("OPTIONS", "", "").as_bytes(),
    });
    assert_eq!(rig.statuses(), [200]);
}

#[test]
fn secrets_are_not_in_debug_text() {
    let account = Account {
        user: "u".into(),
        password: "hunter2".into(),
    };
    let text = format!(
        "{account:?} {:?} {:?}",
        Login::new(account.clone()),
        Ha1::of("u", "r", "hunter2")
    );
    assert!(!text.contains("hunter2") && !text.contains(&*Ha1::of("u", "r", "hunter2").md5));
}
