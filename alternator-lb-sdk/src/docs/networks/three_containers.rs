use alternator_lb_sdk::{AddressMap, Alternator, BuildError};

/// `containers` are the addresses of the containers in their network, each with its mapped port.
pub fn three_containers(containers: &[(String, u16)]) -> Result<Alternator, BuildError> {
    let url = |port: &u16| format!("http://127.0.0.1:{port}");
    let entries = containers.iter();
    let map = AddressMap::new(entries.map(|(address, port)| (address, url(port))))?;
    Alternator::builder()
        .seeds(containers.iter().map(|(_, port)| url(port)))
        .address_translator(map)
        .build()
}
