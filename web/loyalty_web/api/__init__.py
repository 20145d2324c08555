"""The JSON API: what an ERP calls to price, issue, pay and give back, and to say who came (docs/api.md)."""
