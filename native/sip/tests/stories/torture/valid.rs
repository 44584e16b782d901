//! RFC 4475 3.1.1: messages that look wrong and are well formed.

use super::draft::{Draft, OFFER};

/// 3.1.1.1: white space, folding, compact forms and letter case wherever the grammar has room.
pub fn wsinv() -> Vec<u8> {
    let length = format!("cOnTeNt-lEnGtH \t:   {}", OFFER.len());
    Draft::new(
        "INVITE sip:relay@gate.example.org;flavour SIP/2.0",
        &[
            "v :SIP\t/ 2.0/",
            "\tUDP   192.0.2.41 ;branch=old-style-7",
            "SUBJECT:",
            "t:",
            "   sip:relay@gate.example.org  ;",
            " tag  =   there-51",
            "F\t: \"Quay \\\"3\\\" \\\\\"    <sip:quay@example.org> ;",
            "  tag",
            "  =here-17",
            "max-FORWARDS :   00070",
            "i:fold.1@192.0.2.41",
            "CSEQ   :   00031",
            "\t INVITE",
            "Odd-Value: ,;,,;;=;,",
            "Long-Story: begins here",
            "    and goes on here",
            "ROUTE :",
            "\t<sip:east.example.org;lr;shade=grey;plain>",
            "Via: SIP / 2.0 / TLS  west.example.org ;  branch =",
            "  z9hG4bKw2 , SIP",
            " /2.0/ TCP 192.0.2.43:5070 ;branch=z9hG4bKw3",
            "M: \"\\\"\\\"\" <sip:quay@192.0.2.41>  ;  q  =",
            "\t0.4 ; mood",
            "  = calm",
            &length,
            "c : application/sdp",
        ],
    )
    .body(OFFER)
    .unsized_bytes()
}

/// 3.1.1.2: every byte a token, a user, a word and a quoted pair may hold.
pub fn intmeth() -> Vec<u8> {
    let odd = "Zz09-.!%*_+`'~";
    Draft::new(
        &format!("{odd} sip:-_.!~*'()&=+$,;?/%3a:&=+$,-_@example.org SIP/2.0"),
        &[
            &format!("CSeq: 2004318071 {odd}"),
            "Via: SIP/2.0/UDP 192.0.2.42;branch=z9hG4bK~'`+_*%!.-",
            "From: plain `~' words.%! <sip:lane@example.org>;tag=~'`+_*%!.-;x~'`=\"Пристань Ωμέγα\"",
            "To: \"nul \\\0 esc \\\x1b del \\\x7f\" <sip:-_.!~*'()&=+$,;?/@example.org>",
            "Call-ID: ()<>:\\\"/[]?{}~@-.!%*_+`'",
            "Max-Forwards: 255",
            "X~'`+_*%!.-: 港 приём ελπίδα",
        ],
    )
    .bytes()
}

/// 3.1.1.3: escapes in users and parameters, one of an '@', one of a '%'.
pub fn esc01() -> Vec<u8> {
    Draft::invite()
        .start("INVITE sip:ward%40hill%3A5@example.org SIP/2.0")
        .set("To: sip:%72el%61y@example.org")
        .set("From: <sip:two%20words@example.org>;tag=here")
        .set("Contact: <sip:f%6Frd@192.0.2.43;%74%6Fne=d%75ll%25%36%36;%6C%72>")
        .bytes()
}

/// 3.1.1.4: an escaped zero byte is a character as any other.
pub fn escnull() -> Vec<u8> {
    Draft::register()
        .set("From: <sip:be%00tween@example.org>;tag=here")
        .set("To: <sip:be%00tween@example.org>")
        .set("Contact: <sip:%00%00@192.0.2.44>, <sip:%00@192.0.2.44>")
        .bytes()
}

/// 3.1.1.5: percent signs that escape nothing: method, header name, display name, branch.
pub fn esc02() -> Vec<u8> {
    Draft::register()
        .start("%52EGISTER sip:example.org SIP/2.0")
        .set("CSeq: 77 %52EGISTER")
        .set("Via: SIP/2.0/UDP 192.0.2.45;branch=z9hG4bK%4X%")
        .set("To: \"100%41 %\" <sip:dock@example.org>")
        .add("Contac%74: <sip:not-a-contact@192.0.2.45>")
        .bytes()
}

/// 3.1.1.6: no space between a display name and its bracket.
pub fn lwsdisp() -> Vec<u8> {
    Draft::options()
        .set("From: pier<sip:pier@example.org>;tag=here")
        .bytes()
}

/// 3.1.1.7: long values everywhere and a long way here.
pub fn longreq() -> Vec<u8> {
    let long = |word: &str| word.repeat(25);
    let (par, flag, value) = (long("par"), long("flag"), long("value"));
    let mut draft = Draft::invite()
        .set(&format!(
            "To: \"{}\" <sip:relay@example.org:5061;{par}=x;y={value};{flag}>",
            long("Ever ")
        ))
        .set(&format!(
            "From: <sip:{}@example.org>;tag={};{par}={value};{flag}",
            long("quay"),
            long("19")
        ))
        .set(&format!("Contact: <sip:{}@192.0.2.47>", long("quay")))
        .set(&format!("Call-ID: {}", long("calling.")))
        .set(&format!("X-{}: {value}; {par} = {value}", long("Far")))
        .without("Via");
    for hop in 0..32 {
        let name = ["Via", "v", "VIA", "V ", "vIa\t", "via  "][hop % 6];
        draft = draft.add(&format!("{name}: SIP/2.0/TCP hop{hop}.example.org"));
    }
    draft
        .add(&format!(
            "Via: SIP/2.0/UDP 192.0.2.47;branch=z9hG4bK{}",
            long("branch")
        ))
        .bytes()
}

/// 3.1.1.8: what follows the end of the first message in a datagram is not read.
pub fn dblreq() -> Vec<u8> {
    let second = Draft::invite().set("Call-ID: second@192.0.2.40").bytes();
    [Draft::register().bytes(), b"\r\n\r\n".to_vec(), second].concat()
}

/// 3.1.1.9: a semicolon in front of the '@' belongs to the user.
pub fn semiuri() -> Vec<u8> {
    Draft::options()
        .start("OPTIONS sip:crane;at=n%40rth@example.org SIP/2.0")
        .add("Accept: message/sipfrag, multipart/mixed,")
        .add("\t application/sdp")
        .bytes()
}

/// 3.1.1.10: hops over transports we do not know.
pub fn transports() -> Vec<u8> {
    Draft::options()
        .set("Via: SIP/2.0/UDP a.example.org;branch=z9hG4bKa")
        .add("Via: SIP/2.0/PIGEON b.example.org;branch=z9hG4bKb")
        .add("Via: SIP/2.0/TCP c.example.org;branch=z9hG4bKc")
        .add("Via: SIP/2.0/SCTP d.example.org;branch=z9hG4bKd")
        .add("Via: SIP/2.0/TLS e.example.org;branch=z9hG4bKe")
        .bytes()
}

/// 3.1.1.11: a body in parts, one of them every byte there is.
pub fn mpart01() -> Vec<u8> {
    let text = "--cut-here\r\nContent-Type: text/plain\r\n\r\nRopes at quay 3.\r\n";
    let binary = "--cut-here\r\nContent-Type: application/octet-stream\r\n\
                  Content-Transfer-Encoding: binary\r\n\r\n\r\n\r\n";
    let mut body = [text, binary].concat().into_bytes();
    body.extend(0..=u8::MAX);
    body.extend_from_slice(b"\r\n--cut-here--");
    Draft::options()
        .start("MESSAGE sip:relay@example.org SIP/2.0")
        .set("CSeq: 11 MESSAGE")
        .add("Content-Transfer-Encoding: binary")
        .add("Content-Type: multipart/mixed;boundary=cut-here")
        .body(body)
        .bytes()
}

/// 3.1.1.12: a reason phrase of signs and of letters beyond ASCII.
pub fn unreason() -> Vec<u8> {
    Draft::response("SIP/2.0 200 <= 8 * 25; \"d'accord\" добро ναι 好").bytes()
}

/// 3.1.1.13: an empty reason phrase; the space in front of it stays.
pub fn noreason() -> Vec<u8> {
    Draft::response("SIP/2.0 100 ").bytes()
}
