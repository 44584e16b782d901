//! RFC 4475 3.4: peers of before RFC 3261.

use super::draft::Draft;

/// 3.4.1: an INVITE of RFC 2543, without branch, tag, Max-Forwards, Contact and Content-Length.
pub fn inv2543() -> Vec<u8> {
    Draft::invite()
        .set("Via: SIP/2.0/UDP trunk.example.org")
        .set("From: <sip:+15550100@trunk.example.org;user=phone>")
        .set("To: sip:+15550199@example.org;user=phone")
        .set("Record-Route: <sip:relay@example.org;maddr=192.0.2.91>")
        .without("Max-Forwards")
        .without("Contact")
        .unsized_bytes()
}
