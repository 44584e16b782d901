//! The timed messages of the contract: bytes to values and back.

mod audio;
mod floor;
mod heartbeat;
mod why;

pub use audio::{Audio, Flags};
pub use floor::{FloorDown, FloorUp, Key, Source};
pub use heartbeat::{Echo, HeartbeatDown, HeartbeatUp, HubState, Load};
pub use why::Why;

use crate::limits::CONTROL_BYTES;
use crate::pack::{Fault, Reader, Value};

/// The version that this crate speaks.
pub const VERSION: u8 = 1;

/// Calls `field` for every key of a control message but the version, which is checked.
///
/// `field` returns false for a key that it does not know; its value is passed over.
fn fields<'a>(
    payload: &'a [u8],
    mut field: impl FnMut(&str, Value<'a>, &mut Reader<'a>) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let mut reader = Reader::new(payload, CONTROL_BYTES)?;
    let mut version = None;
    for _ in 0..reader.map()? {
        let key = reader.key()?;
        let value = reader.value()?;
        if key == "v" {
            version = Some(value);
            reader.skip(value, 1)?;
        } else if !field(key, value, &mut reader)? {
            reader.skip(value, 1)?;
        }
    }
    reader.end()?;
    if version != Some(Value::Int(VERSION.into())) {
        return Err(Fault::Version);
    }
    Ok(())
}

fn needed<T>(field: Option<T>) -> Result<T, Fault> {
    field.ok_or(Fault::Invalid)
}
