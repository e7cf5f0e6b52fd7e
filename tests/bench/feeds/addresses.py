# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be blocked."""
import random
import socket


def make_addresses(count):
    """Different ones, from everywhere, in no order."""
    dice = random.Random(25)
    return dice.sample(range(0x01000000, 0xdf000000), count)


def text_of(address):
    return socket.inet_ntoa(address.to_bytes(4, "big"))
