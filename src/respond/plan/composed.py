def composed(special, general):
    return general
