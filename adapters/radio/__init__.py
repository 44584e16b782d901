"""The radio adapter: two-way radios as members of rooms, over MQTT bridges."""
