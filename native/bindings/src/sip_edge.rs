//! `SipEdge`: the SIP thread as Python sees it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;

use pyo3::exceptions::{PyBlockingIOError, PyOSError, PyValueError};
use pyo3::prelude::*;
use sip::digest::{Account, Algorithm, Ha1};
use sip::{Call, Command, Flow, LegId, LinkId, Register, RegistrationId, RequestId, Transport};
use sip_io::{Edge, EdgeConfig, Identity, IoLimits, Listen, Order, StartError, Way};

use crate::sip_events;

/// Reports a call of `drain` hands over at most.
const DRAIN_MAX: usize = 4_096;

/// The running SIP thread.
#[pyclass(frozen, module = "gateway._native")]
pub(crate) struct SipEdge(Edge);

/// Where a call goes: (link or 0, "udp" | "tcp" | "tls", address, port, name in the certificate).
type WayTuple = (u64, String, String, u16, String);

#[pymethods]
impl SipEdge {
    #[new]
    #[allow(clippy::needless_pass_by_value)] // PyO3 hands values over
    #[pyo3(signature = (*, listen, realm, algorithms, limits, identity=None, authorities=None))]
    fn new(
        py: Python<'_>,
        listen: Vec<(String, String, u16, Option<String>)>,
        realm: &str,
        algorithms: Vec<String>,
        limits: BTreeMap<String, usize>,
        identity: Option<(Vec<u8>, Vec<u8>)>,
        authorities: Option<Vec<u8>>,
    ) -> PyResult<Self> {
        let mut core = sip::Config {
            realm: realm.into(),
            agent: concat!("Crosspatch/", env!("CARGO_PKG_VERSION")).into(),
            algorithms: algorithms
                .iter()
                .map(|name| algorithm(name))
                .collect::<PyResult<_>>()?,
            ..sip::Config::default()
        };
        let mut io = IoLimits::default();
        for (name, value) in limits {
            set_limit(&mut core, &mut io, &name, value)?;
        }
        let config = EdgeConfig {
            listen: listen.into_iter().map(door).collect::<PyResult<_>>()?,
            identity: identity.map(|(chain, key)| Identity { chain, key }),
            authorities,
            core,
            limits: io,
        };
        py.detach(|| Edge::start(config))
            .map(Self)
            .map_err(unusable)
    }

    fn event_fd(&self) -> RawFd {
        self.0.event_fd()
    }

    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let reports = self
            .0
            .drain(DRAIN_MAX)
            .ok_or_else(|| PyOSError::new_err("the SIP thread has ended"))?;
        reports
            .into_iter()
            .map(|report| sip_events::report(py, report))
            .collect()
    }

    fn doors(&self) -> Vec<(&'static str, String, u16)> {
        let named = |(transport, at): &(Transport, SocketAddr)| {
            (
                sip_events::transport(*transport),
                at.ip().to_string(),
                at.port(),
            )
        };
        self.0.doors().iter().map(named).collect()
    }

    fn set_user(&self, user: &str, sha256: &str, md5: &str) -> PyResult<()> {
        let ha1 = Some(Ha1 {
            sha256: sha256.into(),
            md5: md5.into(),
        });
        self.command(Command::SetUser {
            user: user.into(),
            ha1,
        })
    }

    fn set_public(&self, user: &str, public: bool) -> PyResult<()> {
        let user = user.into();
        self.command(Command::SetPublic { user, public })
    }

    fn set_trusted(&self, source: &str, trusted: bool) -> PyResult<()> {
        let source = address(source)?;
        self.command(Command::SetTrusted { source, trusted })
    }

    fn ring(&self, leg: u64, status: u16) -> PyResult<()> {
        self.command(Command::Ring {
            leg: LegId(leg),
            status,
            sdp: None,
        })
    }

    fn answer(&self, leg: u64, sdp: Vec<u8>) -> PyResult<()> {
        let leg = LegId(leg);
        self.command(Command::Answer { leg, sdp })
    }

    fn refuse(&self, leg: u64, status: u16) -> PyResult<()> {
        let leg = LegId(leg);
        self.command(Command::Refuse { leg, status })
    }

    fn hangup(&self, leg: u64) -> PyResult<()> {
        self.command(Command::Hangup { leg: LegId(leg) })
    }

    fn accept_offer(&self, leg: u64, request: u64, sdp: Vec<u8>) -> PyResult<()> {
        self.command(Command::AcceptOffer {
            leg: LegId(leg),
            request: RequestId(request),
            sdp,
        })
    }

    fn refuse_offer(&self, leg: u64, request: u64, status: u16) -> PyResult<()> {
        self.command(Command::RefuseOffer {
            leg: LegId(leg),
            request: RequestId(request),
            status,
        })
    }

    fn acknowledge(&self, leg: u64, sdp: Vec<u8>) -> PyResult<()> {
        let leg = LegId(leg);
        self.command(Command::Acknowledge { leg, sdp })
    }

    fn probe(&self, leg: u64) -> PyResult<()> {
        self.command(Command::Probe { leg: LegId(leg) })
    }

    #[allow(clippy::too_many_arguments, reason = "keywords in Python")]
    #[pyo3(signature = (leg, way, *, target, caller, name, route, sdp, account=None, ring_limit_ms=0))]
    fn call(
        &self,
        leg: u64,
        way: WayTuple,
        target: &str,
        caller: &str,
        name: &str,
        route: Vec<String>,
        sdp: Vec<u8>,
        account: Option<(String, String)>,
        ring_limit_ms: u32,
    ) -> PyResult<()> {
        let call = Call {
            leg: LegId(leg),
            flow: nowhere(),
            target: target.into(),
            from: caller.into(),
            name: name.into(),
            route: route.into_iter().map(Into::into).collect(),
            sdp: Some(sdp),
            account: account.map(login),
            ring_limit_ms,
        };
        self.over(way, Command::Call(Box::new(call)))
    }

    #[pyo3(signature = (registration, way, *, registrar, address, user, account=None, expires_s=600))]
    fn register(
        &self,
        registration: u64,
        way: WayTuple,
        registrar: &str,
        address: &str,
        user: &str,
        account: Option<(String, String)>,
        expires_s: u32,
    ) -> PyResult<()> {
        let register = Register {
            id: RegistrationId(registration),
            flow: nowhere(),
            registrar: registrar.into(),
            address: address.into(),
            user: user.into(),
            account: account.map(login),
            expires_s,
        };
        self.over(way, Command::Register(Box::new(register)))
    }

    fn unregister(&self, registration: u64) -> PyResult<()> {
        let id = RegistrationId(registration);
        self.command(Command::Unregister { id })
    }

    #[staticmethod]
    fn check_identity(chain: Vec<u8>, key: Vec<u8>) -> PyResult<()> {
        Identity { chain, key }
            .checked()
            .map(drop)
            .map_err(unusable)
    }

    fn set_identity(&self, chain: Vec<u8>, key: Vec<u8>) -> PyResult<()> {
        let identity = Identity { chain, key }.checked().map_err(unusable)?;
        self.order(Order::Identity(identity))
    }

    fn counters(&self) -> BTreeMap<&'static str, u64> {
        self.0.counters()
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}

impl SipEdge {
    fn command(&self, command: Command) -> PyResult<()> {
        self.order(Order::Command(command))
    }

    fn over(&self, way: WayTuple, command: Command) -> PyResult<()> {
        let (link, transport, ip, port, name) = way;
        let remote = SocketAddr::new(address(&ip)?, port);
        let way = match (link, transport.as_str()) {
            (1.., _) => Way::Flow(Flow {
                link: LinkId(link),
                remote,
            }),
            (0, "udp") => Way::Udp(remote),
            (0, "tcp") => Way::Tcp(remote),
            (0, "tls") => Way::Tls(remote, name.into()),
            _ => return Err(unknown_transport(&transport)),
        };
        self.order(Order::Over(way, command))
    }

    fn order(&self, order: Order) -> PyResult<()> {
        self.0
            .order(order)
            .map_err(|busy| PyBlockingIOError::new_err(busy.to_string()))
    }
}

fn unusable(error: StartError) -> PyErr {
    match error {
        StartError::Config(reason) => PyValueError::new_err(reason),
        StartError::Io(error) => PyOSError::new_err(error.to_string()),
    }
}

/// A flow that stands in until the SIP thread has found the way.
fn nowhere() -> Flow {
    Flow {
        link: LinkId(0),
        remote: SocketAddr::from(([0, 0, 0, 0], 0)),
    }
}

fn login((user, password): (String, String)) -> Account {
    Account {
        user: user.into(),
        password: password.into(),
    }
}

fn door((kind, ip, port, announce): (String, String, u16, Option<String>)) -> PyResult<Listen> {
    let transport = match kind.as_str() {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" => Transport::Tls,
        _ => return Err(unknown_transport(&kind)),
    };
    Ok(Listen {
        transport,
        address: SocketAddr::new(address(&ip)?, port),
        announce: announce.map(|ip| address(&ip)).transpose()?,
    })
}

fn algorithm(name: &str) -> PyResult<Algorithm> {
    [Algorithm::Sha256, Algorithm::Md5]
        .into_iter()
        .find(|algorithm| algorithm.as_str() == name)
        .ok_or_else(|| PyValueError::new_err(format!("no digest algorithm {name:?}")))
}

fn set_limit(core: &mut sip::Config, io: &mut IoLimits, name: &str, value: usize) -> PyResult<()> {
    match name {
        "legs" => core.limits.legs = value,
        "addresses" => core.limits.addresses = value,
        "bindings" => core.limits.bindings = value,
        "rate_per_s" => core.limits.rate_per_s = value as u32,
        "burst" => core.limits.burst = value as u32,
        "connections" => io.connections = value,
        "connections_per_source" => io.connections_per_source = value,
        _ => return Err(PyValueError::new_err(format!("no limit {name:?}"))),
    }
    Ok(())
}

fn address(text: &str) -> PyResult<IpAddr> {
    text.parse()
        .map_err(|_| PyValueError::new_err(format!("{text:?} is not an IP address")))
}

fn unknown_transport(name: &str) -> PyErr {
    PyValueError::new_err(format!(
        "transport must be 'udp', 'tcp' or 'tls', not {name:?}"
    ))
}
