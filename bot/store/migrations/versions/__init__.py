"""One module per revision; the newest one's number stands in `bot.store.schema` as well."""
