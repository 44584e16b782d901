//! Phones that register here.

use crate::auth::{door, login, sign};
use crate::rig::{Peer, Rig, peer, stream};
use sip::digest::Login;
use sip::msg::Address;
use sip::{Command, Event, Input, Unbind};

/// A phone with its login.
struct Phone {
    peer: Peer,
    login: Login,
}

impl Phone {
    /// Phone 1001, challenged once.
    fn new(rig: &mut Rig, call_id: &str) -> Self {
        let mut peer = Peer::new(call_id);
        let ask = text(&mut peer, "");
        rig.udp(&ask);
        let login = login("secret", &rig.response());
        rig.clear();
        Self { peer, login }
    }

    /// A signed REGISTER with these Contact and Expires lines.
    fn register(&mut self, lines: &str) -> String {
        let text = text(&mut self.peer, lines);
        sign(&mut self.login, &text)
    }
}

fn text(peer: &mut Peer, lines: &str) -> String {
    let own = "Contact: <sip:bob@192.0.2.20:5060>\r\n";
    let text = peer
        .send("REGISTER", lines, "")
        .replace("REGISTER sip:ops@", "REGISTER sip:");
    text.replace("<sip:ops@192.0.2.10>", "<sip:1001@192.0.2.10>")
        .replace(own, "")
}

fn contacts(rig: &Rig) -> Vec<String> {
    let response = rig.response();
    let all = response
        .headers
        .elements("Contact")
        .map(|c| Address::parse(c).unwrap());
    all.map(|a| format!("{} {}", a.uri, a.params.get("expires").unwrap()))
        .collect()
}

#[test]
fn a_phone_binds_refreshes_and_leaves() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "a");
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20:5060>;expires=600\r\n"));
    assert_eq!(contacts(&rig), ["sip:1001@192.0.2.20:5060 600"]);
    let Some(Event::Bound(bound)) = rig.events.last() else {
        panic!("not bound")
    };
    assert_eq!((&*bound.address, bound.expires_s), ("1001", 600));
    rig.wait(500_000);
    rig.clear();
    // The nonce has aged; the phone asks again with the new one.
    let mut phone = Phone {
        peer: phone.peer,
        ..Phone::new(&mut rig, "z")
    };
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20:5060>\r\nExpires: 600\r\n"));
    rig.wait(200_000);
    assert_eq!(rig.core.counts().bindings, 1);
    let mut phone = Phone {
        peer: phone.peer,
        ..Phone::new(&mut rig, "y")
    };
    rig.udp(&phone.register("Contact: *\r\nExpires: 0\r\n"));
    assert_eq!(rig.response().status, 200);
    assert!(rig.events.iter().any(|e| matches!(
        e,
        Event::Unbound {
            why: Unbind::Removed,
            ..
        }
    )));
    assert_eq!(rig.core.counts().bindings, 0);
}

#[test]
fn a_binding_ends_when_it_is_not_refreshed() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "b");
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20:5060>;expires=60\r\n"));
    rig.wait(59_999);
    assert_eq!(rig.core.counts().bindings, 1);
    rig.wait(1);
    let (address, contact) = ("1001".into(), "sip:1001@192.0.2.20:5060".into());
    assert!(rig.told(&Event::Unbound {
        address,
        contact,
        why: Unbind::Expired
    }));
}

#[test]
fn one_number_has_several_phones_and_a_bound_on_them() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "c");
    for number in 0..10 {
        rig.udp(&phone.register(&format!(
            "Contact: <sip:1001@192.0.2.{number}>;expires={}\r\n",
            600 + number
        )));
    }
    assert_eq!(contacts(&rig).len(), 8);
    let replaced = rig.events.iter().filter(|e| {
        matches!(
            e,
            Event::Unbound {
                why: Unbind::Replaced,
                ..
            }
        )
    });
    assert_eq!(replaced.count(), 2);
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.9>;expires=0\r\n"));
    assert_eq!(contacts(&rig).len(), 7);
    // A question changes nothing.
    rig.udp(&phone.register(""));
    assert_eq!(contacts(&rig).len(), 7);
}

#[test]
fn a_phone_that_restarts_takes_its_own_place() {
    let mut rig = door();
    let instance = ";+sip.instance=\"<urn:uuid:1>\";reg-id=1;expires=600\r\n";
    let mut phone = Phone::new(&mut rig, "d1");
    rig.udp(&phone.register(&format!("Contact: <sip:1001@192.0.2.20:40001>{instance}")));
    assert_eq!(rig.response().headers.get("Require"), Some("outbound"));
    let mut phone = Phone::new(&mut rig, "d2");
    rig.udp(&phone.register(&format!("Contact: <sip:1001@192.0.2.20:40002>{instance}")));
    assert_eq!(contacts(&rig), ["sip:1001@192.0.2.20:40002 600"]);
}

#[test]
fn an_old_cseq_of_the_same_call_id_changes_nothing() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "e");
    let early = phone.register("Contact: <sip:1001@192.0.2.20:1>;expires=600\r\n");
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20:2>;expires=600\r\n"));
    rig.clear();
    rig.udp(&early);
    // Its nonce count is older too: it is challenged, and nothing is bound.
    assert_eq!(rig.statuses(), [401]);
    let mut old = phone.peer.with("REGISTER", 1, 50, "", "");
    old = old
        .replace("REGISTER sip:ops@", "REGISTER sip:")
        .replace("<sip:ops@192.0.2.10>", "<sip:1001@192.0.2.10>");
    let signed = sign(&mut phone.login, &old);
    rig.udp(&signed);
    assert_eq!(rig.statuses(), [401, 500]);
    assert_eq!(rig.core.counts().bindings, 1);
}

#[test]
fn a_time_that_is_too_short_gets_423_and_one_too_long_is_cut() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "f");
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20>;expires=10\r\n"));
    assert_eq!(
        (
            rig.response().status,
            rig.response().headers.get("Min-Expires")
        ),
        (423, Some("60"))
    );
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20>;expires=4000000000\r\n"));
    assert_eq!(contacts(&rig), ["sip:1001@192.0.2.20 3600"]);
}

#[test]
fn a_request_with_one_bad_contact_binds_none() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "g");
    for lines in [
        "Contact: <sip:1001@192.0.2.20>, <sip:1001@192.0.2.21>;expires=x\r\n",
        "Contact: *\r\nExpires: 60\r\n",
        "Contact: *, <sip:1001@192.0.2.20>\r\nExpires: 0\r\n",
    ] {
        rig.udp(&phone.register(lines));
        assert_eq!(rig.response().status, 400);
    }
    assert_eq!(rig.core.counts().bindings, 0);
}

#[test]
fn nobody_binds_the_number_of_somebody_else() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "h");
    let text = text(&mut phone.peer, "Contact: <sip:x@192.0.2.66>\r\n")
        .replace("To: <sip:1001@", "To: <sip:1002@");
    let signed = sign(&mut phone.login, &text);
    rig.udp(&signed);
    assert_eq!(rig.statuses(), [403]);
}

#[test]
fn a_path_is_kept_and_repeated() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "i");
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20>\r\nPath: <sip:192.0.2.31;lr>\r\n"));
    assert_eq!(
        rig.response().headers.get("Path"),
        Some("<sip:192.0.2.31;lr>")
    );
    let Some(Event::Bound(bound)) = rig.events.last() else {
        panic!("not bound")
    };
    assert_eq!(bound.path, ["<sip:192.0.2.31;lr>".into()]);
}

#[test]
fn a_lost_connection_takes_its_bindings_along() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "j");
    let signed = phone.register("Contact: <sip:1001@192.0.2.20;transport=tcp>\r\n");
    rig.tcp(&signed.replace("/UDP", "/TCP"));
    assert_eq!(rig.core.counts().bindings, 1);
    rig.input(Input::FlowClosed(stream().link));
    assert!(rig.events.iter().any(|e| matches!(
        e,
        Event::Unbound {
            why: Unbind::ConnectionLost,
            ..
        }
    )));
    assert_eq!(rig.core.counts().bindings, 0);
}

#[test]
fn a_copy_of_a_register_gets_the_same_answer_and_binds_once() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "k");
    let signed = phone.register("Contact: <sip:1001@192.0.2.20>\r\n");
    rig.udp(&signed);
    rig.udp(&signed);
    assert_eq!(rig.statuses(), [200, 200]);
    assert_eq!(rig.events.len(), 1);
}

#[test]
fn a_phone_behind_a_trunks_address_proves_who_it_is_and_the_trunk_need_not() {
    let mut rig = door();
    let mut phone = Phone::new(&mut rig, "p");
    rig.command(Command::SetTrusted {
        source: peer().remote.ip(),
        trusted: true,
    });
    rig.udp(&phone.register("Contact: <sip:1001@192.0.2.20:5060>;expires=600\r\n"));
    rig.clear();
    rig.udp(&Peer::new("phone").invite());
    assert_eq!(rig.statuses(), [401]);
    rig.clear();
    rig.tcp(&Peer::new("trunk").invite().replace("/UDP", "/TCP"));
    assert_eq!(rig.statuses(), [100]);
}
