"""The written lists of what departs from a rule of the house, each with its reason."""

# Public functions of services that write without being told who, or when, and why that is right.
WITHOUT_BY = {
    "family.services.bonds.end_bonds": "time ends them, nobody does",
    "family.services.companions.destroy_groups": "their day is over, nobody does it",
    "family.services.consents.destroy_consents": "they are a week old, nobody does it",
    "family.services.consents.send_consent_codes": "what is sent was caused when it was asked",
    "venues.services.scans.keep_scan": "the post says who",
    "venues.services.watch.watch_venues": "the scans raise the alarm, nobody does",
    "healthcode.services.systems.open_delivery": "the signature says who",
    "healthcode.services.orders.carry_out_orders": "two bodies approved it, its delay is over",
    "healthcode.services.evidence.record_order": "the approvals of the order say who",
    "healthcode.services.conversions.convert_due": "time converts, nobody does",
    "healthcode.services.paper.replace_paper_codes": "the colour turned, nobody took it back",
    "healthcode.services.status_lists.allocate_index": "part of a service that was told",
    "healthcode.services.decisions.exclude_deciders": "takes a lock, writes nothing",
    "healthcode.services.governance.enact_rules": "the instant enacts, nobody does",
    "healthcode.services.isolation.propose_isolation": "the grounds ask, nobody does",
    "healthcode.services.isolation.remind_isolation": "time comes near, nobody does it",
    "healthcode.services.outbox.announce": "part of a service that was told",
    "healthcode.services.outbox.deliver_outbox": "what is sent was caused when it was written",
    "healthcode.services.persons.ensure_person": "a record is the first to name the person, and says who recorded it",
    "healthcode.services.persons.open_account": "nobody has signed in yet",
    "healthcode.services.persons.verify_phone": "the account itself is the actor",
    "healthcode.services.recolouring.run_recolouring": "carries on what start_recolouring was told",
    "healthcode.services.simulations.run_simulation": "carries on what request_simulation was told",
    "healthcode.services.withdrawals.run_withdrawals": "carries on what withdraw_batch was told",
}
WITHOUT_AT = {
    "healthcode.services.status_lists.allocate_index": "part of a service that was told",
    "venues.services.scans.keep_scan": "the row says when",
    "healthcode.services.decisions.exclude_deciders": "takes a lock, writes nothing",
    "healthcode.services.outbox.announce": "the rows carry their instant",
}
WITHOUT_AUDIT = {
    "family.services.consents.send_consent_codes": "the row itself says when it was sent; the asking is audited",
    "healthcode.services.status_lists.allocate_index": "part of a service that audits",
    "venues.services.devices.note_device_seen": "each of its scans is audited",
    "healthcode.services.systems.open_delivery": "the row itself says who sent it and when",
    "healthcode.services.decisions.exclude_deciders": "takes a lock, writes nothing",
    "healthcode.services.outbox.announce": "part of a service that audits",
    "healthcode.services.outbox.deliver_outbox": "the row itself says when it was sent, and how often it failed",
    "healthcode.services.persons.ensure_person": "the record that names the person is audited with them",
    "healthcode.services.recolouring.start_recolouring": "the row says who and when; the change behind it is audited",
}
