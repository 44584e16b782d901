//! The request method: an open set (RFC 3261 7.1), compared whole and case-sensitively.

use std::fmt;

macro_rules! methods {
    ($($variant:ident $text:literal $doc:literal;)*) => {
        /// A request method. `INVITEX` is [`Method::Other`], never INVITE.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method {
            $(#[doc = $doc] $variant,)*
            /// A method we do not know; answered 501 (RFC 3261 21.5.2).
            Other(Box<str>),
        }

        impl Method {
            /// The method of a token as it stood on the wire.
            pub fn of(token: &str) -> Self {
                match token {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.into()),
                }
            }

            /// The token to write.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(token) => token,
                }
            }
        }
    };
}

methods! {
    Invite "INVITE" "Starts or changes a session (RFC 3261 13).";
    Ack "ACK" "Confirms the final answer to an INVITE (RFC 3261 17).";
    Bye "BYE" "Ends a session (RFC 3261 15).";
    Cancel "CANCEL" "Ends an INVITE that has no final answer (RFC 3261 9).";
    Options "OPTIONS" "Asks what the peer can do (RFC 3261 11).";
    Register "REGISTER" "Binds an address of record to contacts (RFC 3261 10).";
    Update "UPDATE" "Changes a session without touching the INVITE (RFC 3311).";
    Info "INFO" "Carries application data in a session (RFC 6086).";
    Refer "REFER" "Asks us to call somebody (RFC 3515).";
    Notify "NOTIFY" "Reports an event of a subscription (RFC 6665).";
    Subscribe "SUBSCRIBE" "Asks for events (RFC 6665).";
    Publish "PUBLISH" "Publishes event state (RFC 3903).";
    Message "MESSAGE" "Carries a pager-mode message (RFC 3428).";
    Prack "PRACK" "Confirms a reliable provisional answer (RFC 3262).";
}

/// What we allow, as the value of an Allow header.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, UPDATE, INFO, REFER, NOTIFY";

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
