// SPDX-License-Identifier: Apache-2.0

/// Keys made for these tests and used nowhere else.
enum TestKeys {
    static let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static let rsaPrivate = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCinE2CCr0d6zSM
        dNL9TZObjATZgtJtGjuF4pYoGe+wAH/LKeAh6BKvY1NusfuDDte5jN2gfuSI9wBQ
        rA5kn7pm5knrci5uVt9mwd4+qCIG7X5W0RDw3aMw3/3Vcz7f3OQ/T0G8vzaTGzNu
        5N4vwZOjXgMpY5X+CwY/daYrd7g2kYuYe0QuDGXadIAJ8tzc1Z4NL1bQsQQmfbWn
        LDN4N/l5EV4z52fd7ezz664aTxmiOzsPDCXjcnYkTVDBBtTLek3FYMmDUCyBl5Zd
        R58oCqZpKjsI75piCf9T858X6UXbPYUuXjw0go6Fbt5FStzuWWhel3vLke7mZPIk
        bRtEYv5JAgMBAAECggEAPDV3lXD4eT1/pYoUHWo9/1gm64q+81rFM1ukkZCY6Sgm
        KUmGDcfqMzqpx9Dq+anjQnbgEO8rG3OpkDVE1wk1cahPMniCrKRJ77hU3ApRHxOM
        tgSPK0BFjnFBgWk8nJMjiDWGd6atRGbL8oGXq0MXsWO78/VFslzOoWykbG/Vq449
        XRWAbfFEMnqgfiOpEQjrEOo16htbxZytnrMYpN1Cuv8A1gRCkgOmnQo9oEvH6YlK
        AKy8m51DwQdPSRfVroNlepOD7z33j+JhuguIgQD+WJa2KfFkPG1QRumjtPYtICQd
        22FHpY+Tx+V0bJNSuf23+liYfwQcLaKDES9CtIYUKQKBgQDTNtQYLSBLe9vB7OK6
        vPQLpDV1BW15T/TvupbY/z8Uw29HAPi7a5+cHtbXz+L3ZPQvZIwXrbIk4nr5kQGk
        UVj09BVeefsq1lS9J9qFJQb4lpl+EF/zvOT/y7A1jJ2OeAnjDRq3JtvxQMQLwcBM
        DTXjeQ599916RdiWsrVdVuB8EwKBgQDFFymn/XGurjJAkEO62zk9O7RJhATAZjzz
        IDTPIcpJ9pSGglFvIObbvnmPGGxCFe93a+Pn470ovjaEgUideSteiSqExROGvrcn
        JUr6W1z6ljsWYjX/VAAsEiY5pFeSxsyaxYLe4tO7YfuGQo662oJBkUdiZCVDC8om
        cg1HxeBvswKBgGTnQ6oNHOmS0Wiyz5pgnMJW/4bZQfR7o0tHu7sNLciwmR+1sh5v
        iv/dp8vQL+D6pMFjap4BSCLg49kIUl1602Gqne7VnY1YeYEoYffLuanW4JteHUjn
        DAu79oGOnNKsPCTxZLrs4JQ/2ai4NjLe+MikU60QVgmNBqzv0T83OuVrAoGAL+vs
        3gLa5G1InLg3L7TkGwZsVL+75Ag346m+DWsa45cIEBiZslqep2mN5wQ6Nmtc+X2L
        QbP3J3Pwj5Fb1aZDrE3Pv86na8jtgaAote0HE4r5vPyOQpHrJMwY7UUPYgnib/N8
        WbNvZg1x+fgu+jHtIAIyCDNvd/ji4ywyHHR5mM8CgYEAuGTkOogBayfTAHlZuhtK
        e6D+yYWp71k3osSGLYR4qXPSLqnTvtem43nYd649Fz0FIR9drW8ZsxSEhiLIZPd0
        RahDES6eHoGysp1AiXytPcKUyJ+bih6idACBngDGLVd8DvgLkX90M8Lyjq+y3jPE
        iE8dDe++Qvi2tLFksDRhU/g=
        -----END PRIVATE KEY-----
        """
    static let rsaPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAopxNggq9Hes0jHTS/U2T
        m4wE2YLSbRo7heKWKBnvsAB/yyngIegSr2NTbrH7gw7XuYzdoH7kiPcAUKwOZJ+6
        ZuZJ63IublbfZsHePqgiBu1+VtEQ8N2jMN/91XM+39zkP09BvL82kxszbuTeL8GT
        o14DKWOV/gsGP3WmK3e4NpGLmHtELgxl2nSACfLc3NWeDS9W0LEEJn21pywzeDf5
        eRFeM+dn3e3s8+uuGk8Zojs7Dwwl43J2JE1QwQbUy3pNxWDJg1AsgZeWXUefKAqm
        aSo7CO+aYgn/U/OfF+lF2z2FLl48NIKOhW7eRUrc7lloXpd7y5Hu5mTyJG0bRGL+
        SQIDAQAB
        -----END PUBLIC KEY-----
        """
    static let rsaTooSmall = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQD12Y52382DiFoBmnXE2wEYgUnd
        bouDkRzbOG8h1HvPT9Jfs7B+/LfdsDrTudFtYcxvpQm4ELeeGpeRuEn3ix0c9FX+
        KmIQg76kd0YBqPPHO/Lo032COBrfHrXiEM4IAwptamYiogs/JIqfYckSa+nB7O/5
        sQPbWF+hSKFY37iZawIDAQAB
        -----END PUBLIC KEY-----
        """
    static let es256Private = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdhnF741GkJzYNHJa
        vekcPOwaERkp1LfLnp74xl2GU3OhRANCAARTADouq2eFayW5lLnNo10ccMAS+JC4
        Yk5uKDGn3slakQvnamzAmzy2OCCyA1fu8kvqe0TlfC99PnDHZ4xE+YKb
        -----END PRIVATE KEY-----
        """
    static let es256Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUwA6LqtnhWsluZS5zaNdHHDAEviQ
        uGJObigxp97JWpEL52pswJs8tjggsgNX7vJL6ntE5XwvfT5wx2eMRPmCmw==
        -----END PUBLIC KEY-----
        """
    static let es256Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBdDCCARugAwIBAgIUL0NwZZOut7LYVXXJoeJpWDo5nYcwCgYIKoZIzj0EAwIw
        DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMDMyMTdaGA8yMTI2MTAyOTIwMzIx
        N1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFMA
        Oi6rZ4VrJbmUuc2jXRxwwBL4kLhiTm4oMafeyVqRC+dqbMCbPLY4ILIDV+7yS+p7
        ROV8L30+cMdnjET5gpujUzBRMB0GA1UdDgQWBBSDLoCyVsvKdrMcZPqTmik9nIyD
        jDAfBgNVHSMEGDAWgBSDLoCyVsvKdrMcZPqTmik9nIyDjDAPBgNVHRMBAf8EBTAD
        AQH/MAoGCCqGSM49BAMCA0cAMEQCIEtawXjvo/XkS24Tf/VcfvMkcQcThCCwGAEY
        0mvuE6UAAiAVS1i09Wda5Pm4oD/FgecJmzXy4ZyML85n8UXcT5C+hg==
        -----END CERTIFICATE-----
        """
    static let es384Private = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDU5/GxgC4Qroq/+DYi
        FY0xeksCSeMQbtrDYkqcWe9QhCUuYkFm++mFk49/DVEKL1ShZANiAASUT7Z2z41U
        uZfMhRe5D+jBBmVV9nu5Cx/ROm4lr+nEW/OoFqxdRdVR15fbpNTyHgtZEEwxVUxl
        Tzn0Qn85okd+ph8TeDL76FpV5zR99Oxshqk2jtrLgbN3pNtJDdcDueo=
        -----END PRIVATE KEY-----
        """
    static let es384Public = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAElE+2ds+NVLmXzIUXuQ/owQZlVfZ7uQsf
        0TpuJa/pxFvzqBasXUXVUdeX26TU8h4LWRBMMVVMZU859EJ/OaJHfqYfE3gy++ha
        Vec0ffTsbIapNo7ay4Gzd6TbSQ3XA7nq
        -----END PUBLIC KEY-----
        """
    static let es512Private = """
        -----BEGIN PRIVATE KEY-----
        MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIARlJW4Buh2CmqlEDc
        53U/3B58VAH15gcUkJ/WhOYmpAESpQNAikKcA+JifmP1MjUPIB9txTmoQGbTSddh
        X/HhJbShgYkDgYYABAGI1aLPqr9+Nn+ZF+E/uFnyxWb2jMEvpByjcmuZ8pwPiXXj
        3NaWogph/Yism9v0M1wHKr7RYjONH41yq1pObCPJiQDahecYUK7YtX53mI28MVXh
        /rHVaDtE8TtKfHzDfqrodDPd1uoWXRp+fx28nsXYPYpyq5VoDfB2ZojyFnLZYldh
        AQ==
        -----END PRIVATE KEY-----
        """
    static let es512Public = """
        -----BEGIN PUBLIC KEY-----
        MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBiNWiz6q/fjZ/mRfhP7hZ8sVm9ozB
        L6Qco3JrmfKcD4l149zWlqIKYf2IrJvb9DNcByq+0WIzjR+NcqtaTmwjyYkA2oXn
        GFCu2LV+d5iNvDFV4f6x1Wg7RPE7Snx8w36q6HQz3dbqFl0afn8dvJ7F2D2KcquV
        aA3wdmaI8hZy2WJXYQE=
        -----END PUBLIC KEY-----
        """
    static let edPrivate = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEICiQ0RYWtuFp8yQ7O/IIFfCBW9YBH5gL6zizrvp04yQx
        -----END PRIVATE KEY-----
        """
    static let edPublic = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAuz9u66Xyefh+Z480dL3Fcguy9n+5yl34t2303rJXNHg=
        -----END PUBLIC KEY-----
        """

    /// The public keys above as JSON web keys, without `alg`.
    static let rsaJWK = """
        {"kty": "RSA", "kid": "rsa", "use": "sig", "e": "AQAB", \
        "n": "opxNggq9Hes0jHTS_U2Tm4wE2YLSbRo7heKWKBnvsAB_yyngIegSr2NTbrH7gw7XuYzdoH7kiPcAUKwOZJ-6ZuZJ63Iublbf\
        ZsHePqgiBu1-VtEQ8N2jMN_91XM-39zkP09BvL82kxszbuTeL8GTo14DKWOV_gsGP3WmK3e4NpGLmHtELgxl2nSACfLc3NWe\
        DS9W0LEEJn21pywzeDf5eRFeM-dn3e3s8-uuGk8Zojs7Dwwl43J2JE1QwQbUy3pNxWDJg1AsgZeWXUefKAqmaSo7CO-aYgn_\
        U_OfF-lF2z2FLl48NIKOhW7eRUrc7lloXpd7y5Hu5mTyJG0bRGL-SQ"}
        """
    static let es256JWK = """
        {"kty": "EC", "crv": "P-256", "kid": "es256", "x": "UwA6LqtnhWsluZS5zaNdHHDAEviQuGJObigxp97JWpE", \
        "y": "C-dqbMCbPLY4ILIDV-7yS-p7ROV8L30-cMdnjET5gps"}
        """
    static let es384JWK = """
        {"kty": "EC", "crv": "P-384", "kid": "es384", \
        "x": "lE-2ds-NVLmXzIUXuQ_owQZlVfZ7uQsf0TpuJa_pxFvzqBasXUXVUdeX26TU8h4L", \
        "y": "WRBMMVVMZU859EJ_OaJHfqYfE3gy--haVec0ffTsbIapNo7ay4Gzd6TbSQ3XA7nq"}
        """
    static let es512JWK = """
        {"kty": "EC", "crv": "P-521", "kid": "es512", \
        "x": "AYjVos-qv342f5kX4T-4WfLFZvaMwS-kHKNya5nynA-JdePc1paiCmH9iKyb2_QzXAcqvtFiM40fjXKrWk5sI8mJ", \
        "y": "ANqF5xhQrti1fneYjbwxVeH-sdVoO0TxO0p8fMN-quh0M93W6hZdGn5_Hbyexdg9inKrlWgN8HZmiPIWctliV2EB"}
        """
    static let edJWK = """
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "uz9u66Xyefh-Z480dL3Fcguy9n-5yl34t2303rJXNHg"}
        """
}
