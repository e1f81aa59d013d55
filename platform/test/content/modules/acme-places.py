from ipaddress import AddressValueError, IPv4Address, ip_address, ip_network

from acme_base import deep_get

OFFICE = ip_network("192.0.2.0/24")


def is_office(text):
    try:
        return ip_address(text) in OFFICE
    except ValueError:
        return False


def is_address(text):
    try:
        return IPv4Address(text) is not None
    except AddressValueError:
        return False


def country_of(event):
    return deep_get(event, "p_enrichment", "places", "source.ip", "country", default="nowhere")
