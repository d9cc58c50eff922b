"""The domains. Each calls only domains on layers below it; README.md lists the layers."""
