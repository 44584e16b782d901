//! Stories of the radio contract in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a story that cannot go on must end"
)]

mod clock;
mod desk;
mod fence;
mod fence_air;
mod hub_key;
mod hub_receive;
mod outages;
mod rig;
mod uplink;
mod wire;
